using Akka.Configuration;
using Akka.Conformance.Tests.Configuration;
using DmIo.Nbd.Tests.Fuzz;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.Actors.Tests.Embedded;

/// <summary>Our configuration files with characters, tokens and lines gone wrong: either they are taken, or the fault
/// names the line, or the key with its path. Not for the real packages, whose parser overflows the stack and
/// loops.</summary>
public sealed class SettingsTextFuzzTests(ITestOutputHelper output)
{
    private const int TextsOfCase = 10;

    private static readonly string[] Files =
        [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "hocon"), "*.conf").Select(File.ReadAllText)];

    [Fact]
    public async Task A_file_that_went_wrong_is_taken_or_its_line_or_key_is_named()
    {
        var seed = FuzzPlan.NewSeed();
        output.WriteLine($"DMIO_FUZZ_SEED={seed} DMIO_FUZZ_CASES={FuzzPlan.Cases} (times {TextsOfCase})");
        var taken = 0;
        await FuzzPlan.RunAsync(seed, random =>
        {
            for (var count = 0; count < TextsOfCase; count++)
            {
                var text = MutatedText.Of(Files[random.Next(Files.Length)], random);
                Interlocked.Add(ref taken, Try(text) ? 1 : 0);
            }

            return Task.CompletedTask;
        });

        output.WriteLine($"{taken} were taken");
        Assert.InRange(taken, 1, (FuzzPlan.Cases * TextsOfCase) - 1);
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
            Assert.True(
                fault.Message.StartsWith("Line ", StringComparison.Ordinal)
                || fault.Message.Contains("substitution", StringComparison.OrdinalIgnoreCase),
                fault.Message);
            return false;
        }

        try
        {
            DmIoSettings.Read(config);
            return true;
        }
        catch (ConfigurationException fault)
        {
            Assert.StartsWith("dmio", fault.Message, StringComparison.Ordinal);
            return false;
        }
    }
}
