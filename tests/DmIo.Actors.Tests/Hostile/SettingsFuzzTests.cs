using Akka.Configuration;
using Akka.Configuration.Hocon;
using DmIo.Actors.Configuration;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.Actors.Tests.Hostile;

/// <summary>Every key of the configuration with invalid values: either the value is accepted, or the start fails with
/// the path of the key and with no other exception.</summary>
public sealed class SettingsFuzzTests(ITestOutputHelper output)
{
    private const string Devices = """
        dmio.devices {
          memory1 {
            backend = memory
            size = 1MiB
            delay { read = 1ms }
            faults = [ { operations = [read], after = 1 } ]
          }
          null1 {
            backend = null
            size = 4KiB
          }
          file1 {
            backend = file
            path = "x"
            create-size = 1MiB
          }
          uri1 {
            backend = uri
            uri = "nbd://here/disk"
          }
        }
        """;

    private static readonly string[] Values =
    [
        "\"\"", "x", "-1", "0", "1", "512", "1000", "999999999999999999999999", "NaN", "1e9", "0x10", "on", "off",
        "null", "[]", "[1]", "[[]]", "[{}]", "[{ a = 1 }]", "{}", "{ a = 1 }", "1ms", "-1ms", "5h", "1d", "infinite",
        "1.5", "9EiB", "1 MiB", "\"a\\u0000b\"", "\" \"", "\"\\ud800\"", "memory", "adaptive", "unlimited", "all",
        $"\"{new string('y', 5000)}\"", "[read, read]", "[null]", "\"@\"",
    ];

    private static readonly Config OurDevices = ConfigurationFactory.ParseString(Devices);

    private static readonly string[] Paths =
        [.. PathsOf(OurDevices.WithFallback(DmIoSettings.Reference).GetValue("dmio")!, "dmio")];

    [Fact]
    public async Task Any_value_of_a_key_is_accepted_or_named()
    {
        var seed = FuzzPlan.NewSeed();
        output.WriteLine($"DMIO_FUZZ_SEED={seed} DMIO_FUZZ_CASES={FuzzPlan.Cases} (times 10), {Paths.Length} keys");
        await FuzzPlan.RunAsync(seed, random =>
        {
            for (var count = 0; count < 10; count++)
            {
                Try(random);
            }

            return Task.CompletedTask;
        });
    }

    [Fact]
    public void Each_key_with_each_single_value_is_accepted_or_named()
    {
        foreach (var path in Paths)
        {
            foreach (var value in Values)
            {
                Read($"{path} = {value}\n", path);
            }
        }
    }

    /// <summary>Sets several keys at once, some of them unknown.</summary>
    private static void Try(Random random)
    {
        var text = "";
        for (var count = random.Next(1, 4); count > 0; count--)
        {
            var path = Paths[random.Next(Paths.Length)];
            path += random.Next(4) == 0 ? $".{(random.Next(2) == 0 ? "unknown" : "\"x.y \"")}" : "";
            text += $"{path} = {Values[random.Next(Values.Length)]}\n";
        }

        Read(text, "dmio");
    }

    private static void Read(string text, string path)
    {
        try
        {
            DmIoSettings.Read(ConfigurationFactory.ParseString(text).WithFallback(OurDevices));
        }
        catch (ConfigurationException fault)
        {
            Assert.True(
                fault.Message.Contains("dmio", StringComparison.Ordinal) && fault.Message.Length < 10_000,
                $"{text} ({path}): {fault.Message}");
        }
        catch (Exception fault)
        {
            throw new InvalidOperationException($"{text}: {fault.GetType().Name}: {fault.Message}", fault);
        }
    }

    private static IEnumerable<string> PathsOf(HoconValue value, string path)
    {
        yield return path;
        if (value.GetObject() is not { } block)
        {
            yield break;
        }

        foreach (var (key, inner) in block.Items)
        {
            var name = key.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-') ? key : $"\"{key}\"";
            foreach (var found in PathsOf(inner, $"{path}.{name}"))
            {
                yield return found;
            }
        }
    }
}
