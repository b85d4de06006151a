using DmIo.Cli.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.Cli.Tests.Hostile;

/// <summary>Invalid command lines: each ends with a documented exit code, and without an unexpected exception. Numbers
/// are not changed, since a large valid number can exhaust the memory of the machine.</summary>
public sealed class ArgumentFuzzTests(ITestOutputHelper output) : IDisposable
{
    private const string Marks = "xX@+=,:;-./ \"'\0é{}[]%\n";

    private static readonly string[] Unexpected =
        ["", " ", "-", "--", "-r", "--region", "@", "@0", "x@0+", "mem:", "null:4KiB@0", "nbd://", "0", "-1", "1e3",
         "99999999999999999999", "--json", "--help", "-vvv", "--no-such", "=", "a=b", "..", "/", "\0", "\ud800"];

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly TempDirectory directory = new();

    private string[] Lines =>
    [
        "write --region mem:64KiB@0 --region mem:64KiB@64+8 --memory bvec --mode sync --pages 16 --chunk 4KiB --json",
        "write --region mem:64KiB@0 --fua --verify --device-mode threads",
        "read --region mem:64KiB@0+8 --memory vm",
        "verify --region mem:4KiB@0 --region null:4KiB@0 --json",
        "flush --region mem:64KiB@0 --region null:4KiB@0",
        "discard --region mem:64KiB@0+8 --json",
        "zero --region mem:64KiB@8+8",
        "bench --region mem:64KiB@0 --operation randrw --requests 9 --warmup 1ms --depth 4 --leases 2 --by ask",
        $"devices --config {directory.PathOf("none.conf")}",
        $"serve --export disk=mem:1MiB --unix {directory.PathOf("s")} --pages 64 --max-connections 1 --default disk",
        $"top --socket {directory.PathOf("none")}",
    ];

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task Any_command_line_ends_with_a_documented_exit_code()
    {
        var seed = FuzzPlan.NewSeed();
        output.WriteLine($"DMIO_FUZZ_SEED={seed} DMIO_FUZZ_CASES={FuzzPlan.Cases}");
        await FuzzPlan.RunAsync(seed, async random =>
        {
            var arguments = Lines[random.Next(Lines.Length)].Split(' ').ToList();
            for (var count = random.Next(1, 4); count > 0; count--)
            {
                Mutate(arguments, random);
            }

            await RunAsync([.. arguments]);
        });
    }

    private static async Task RunAsync(string[] arguments)
    {
        using var streams = new TestStreams { OutputData = Stream.Null };
        var run = Command.RunAsync(streams, arguments);
        await Task.WhenAny(run, Task.Delay(TimeSpan.FromMilliseconds(300)));

        // The command may serve or measure until it is interrupted.
        streams.Interrupt();
        var result = await run.WaitAsync(Patience);

        var line = string.Join(' ', arguments);
        Assert.True(result.ExitCode is 0 or 1 or 2 or 130, $"{line}: {result}");
        Assert.False(result.Error.Contains("unexpected:", StringComparison.Ordinal), $"{line}: {result}");
        Assert.True(result.ExitCode != 2 || result.Error.Length > 0, $"{line}: {result}");
    }

    private static void Mutate(List<string> arguments, Random random)
    {
        var place = random.Next(arguments.Count);
        switch (random.Next(6))
        {
            case 0:
                arguments.RemoveAt(place);
                break;
            case 1:
                arguments.Insert(place, arguments[random.Next(arguments.Count)]);
                break;
            case 2:
                arguments[place] = Unexpected[random.Next(Unexpected.Length)];
                break;
            case 3:
                arguments.Insert(place, Unexpected[random.Next(Unexpected.Length)]);
                break;
            case 4 when arguments[place].Length > 0:
                arguments[place] = arguments[place].Remove(random.Next(arguments[place].Length), 1);
                break;
            default:
                arguments[place] = arguments[place].Insert(
                    random.Next(arguments[place].Length + 1), $"{Marks[random.Next(Marks.Length)]}");
                break;
        }

        if (arguments.Count == 0)
        {
            arguments.Add("");
        }
    }
}
