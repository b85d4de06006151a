// Whatever text is given to the parser: it is read, or refused with its place, and neither the stack nor the memory
// nor the patience of the process ends. Not for the real packages, whose parser overflows the stack and loops.

using Akka.Configuration;
using Akka.Configuration.Hocon;
using Akka.Conformance.Tests.Configuration;
using DmIo.Nbd.Tests.Fuzz;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Conformance.Tests.Embedded;

public sealed class HoconFuzzSpecs(ITestOutputHelper output)
{
    private const int TextsOfCase = 10;

    private static readonly string Reference = ReadReference();

    private static readonly string[] Pieces =
    [
        "1", "\"two words\"", "${key-1}", "${key-2} ${key-3}", "[${key-4}] [1]", "5 s", "on", "64 KiB",
        "\"\"\"a\"b\"\"\"",
    ];

    [Theory]
    [InlineData("a.", "b = 1")]
    [InlineData("a {", "")]
    [InlineData("[", "")]
    [InlineData("a = {", "")]
    [InlineData("a = [{", "")]
    [InlineData("a { a = [", "1")]
    public void Levels_without_end_are_refused_and_told(string level, string end)
    {
        var text = "a = " + string.Concat(Enumerable.Repeat(level, 1_000_000)) + end;
        text = level.StartsWith('a') ? text["a = ".Length..] : text;

        var fault = Assert.Throws<FormatException>(() => ConfigurationFactory.ParseString(text));

        Assert.StartsWith("Line 1, column ", fault.Message, StringComparison.Ordinal);
        Assert.Contains("levels deep", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(+1)]
    [InlineData(-1)]
    public void A_chain_of_substitutions_without_end_is_refused(int step)
    {
        var lines = Enumerable.Range(0, 20_000).Select(one => $"a{one} = ${{a{one + step}}}");
        var text = $"{string.Join('\n', lines)}\na-1 = 1\na20000 = 1\nb = ${{a19999.x}}";

        Assert.Throws<FormatException>(() => ConfigurationFactory.ParseString(text));
    }

    [Theory]
    [InlineData("a = ${b}\nb = ${a}\nc = ${a.x}")]
    [InlineData("a = ${a}\nc = ${a.x}")]
    [InlineData("a = ${b}\nb = ${c}\nc = ${a}\nd = ${c.x.y}")]
    [InlineData("c = ${a.x}\na = ${b}\nb = ${a}\nd = ${a.x}")]
    public void A_path_through_a_circle_of_substitutions_is_refused(string text) =>
        Assert.Throws<FormatException>(() => ConfigurationFactory.ParseString(text));

    [Theory]
    [InlineData("{0}{0}", "x")]
    [InlineData("[{0}, {0}]", "1")]
    [InlineData("{{ l = {0}\n r = {0} }}", "1")]
    public void A_few_lines_that_stand_for_more_than_memory_holds_are_refused(string twice, string once)
    {
        var lines = Enumerable.Range(0, 60).Select(one =>
            $"a{one} = {string.Format(System.Globalization.CultureInfo.InvariantCulture, twice, $"${{a{one + 1}}}")}");

        var fault = Assert.Throws<FormatException>(() =>
            ConfigurationFactory.ParseString($"{string.Join('\n', lines)}\na60 = {once}"));

        Assert.Contains("stand for more than", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Any_text_is_read_or_refused()
    {
        var seed = FuzzPlan.NewSeed();
        output.WriteLine($"DMIO_FUZZ_SEED={seed} DMIO_FUZZ_CASES={FuzzPlan.Cases} (times {TextsOfCase})");
        var read = 0;
        await FuzzPlan.RunAsync(seed, random =>
        {
            for (var count = 0; count < TextsOfCase; count++)
            {
                var valid = random.Next(3) == 0 ? Reference : new RandomConfig(random.Next(), Pieces).Members(depth: 4);
                Interlocked.Add(ref read, Try(MutatedText.Of(valid, random)) ? 1 : 0);
            }

            return Task.CompletedTask;
        });

        output.WriteLine($"{read} were read");
        Assert.True(read > 0);
    }

    /// <summary>False: it was refused.</summary>
    private static bool Try(string text)
    {
        Config config;
        try
        {
            config = ConfigurationFactory.ParseString(text);
        }
        catch (Exception fault) when (fault is FormatException or ConfigurationException)
        {
            Assert.NotEmpty(fault.Message);
            return false;
        }

        Assert.NotNull(config.WithFallback(ConfigurationFactory.Default()).ToString(includeFallback: true));
        Assert.NotNull(ConfigurationFactory.Default().WithFallback(config).ToString(includeFallback: true));
        foreach (var (key, value) in config.AsEnumerable())
        {
            Assert.NotNull(key);
            ReadAs(value);
        }

        var again = ConfigurationFactory.ParseString(config.ToString());
        Assert.Equal(RandomConfig.Describe(config.Root!), RandomConfig.Describe(again.Root!));
        return true;
    }

    /// <summary>As everything that a value can be asked for.</summary>
    private static void ReadAs(HoconValue value)
    {
        Action[] readings =
        [
            () => value.GetBoolean(), () => value.GetInt(), () => value.GetDouble(), () => value.GetTimeSpan(),
            () => value.GetByteSize(), () => value.GetStringList(), () => value.GetIntList(), () => value.ToString(),
        ];
        foreach (var reading in readings)
        {
            var fault = Record.Exception(reading);
            Assert.True(
                fault is null or FormatException or OverflowException or NotSupportedException, $"{value}: {fault}");
        }

        foreach (var inner in value.GetObject()?.Items.Values.ToArray() ?? [.. value.GetArray()])
        {
            ReadAs(inner);
        }
    }

    private static string ReadReference()
    {
        using var stream = typeof(Config).Assembly.GetManifestResourceStream("Akka.Configuration.akka.conf")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
