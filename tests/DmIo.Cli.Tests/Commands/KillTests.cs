using System.Globalization;
using System.Text.Json;
using DmIo.Cli.Tests.Support;
using DmIo.Io;
using Xunit;

namespace DmIo.Cli.Tests.Commands;

/// <summary>
/// Processes that write with <c>--fua</c> to two files and are killed (SIGKILL) at a random time: every reported chunk
/// is on both files, and no byte outside of the regions has changed. <c>DMIO_KILLS</c> is the number of processes;
/// <c>DMIO_KILL_SEED</c> repeats a run.
/// </summary>
public sealed class KillTests : IDisposable
{
    private const int DefaultKills = 24;
    private const int InputSectors = 1024;
    private const int FileSectors = 2 * InputSectors;
    private const int LeftSector = 24;
    private const int RightSector = 771;

    private static readonly int Kills = Read("DMIO_KILLS") ?? DefaultKills;

    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task The_reported_chunks_of_a_killed_process_are_on_disk_and_no_other_byte_changed()
    {
        var first = Read("DMIO_KILL_SEED") ?? Random.Shared.Next(1_000_000_000);
        for (var seed = first; seed < first + Kills; seed++)
        {
            await KillOneAsync(seed);
        }
    }

    private async Task KillOneAsync(int seed)
    {
        var random = new Random(seed);
        var data = directory.Fill($"data-{seed}", InputSectors * Sector.SizeBytes, seed);
        var left = new KilledRegion(directory, $"left-{seed}", FileSectors, LeftSector, InputSectors);
        var count = random.Next(1, InputSectors);
        var right = new KilledRegion(directory, $"right-{seed}", FileSectors, RightSector, count);
        string[] how =
        [
            "--memory", Any(random, "pages", "bvec", "vm"), "--mode", Any(random, "async", "sync"),
            "--chunk", Any(random, "4KiB", "8KiB", "12KiB"), "--pages", Any(random, "3", "12", "48"),
        ];

        using var process = DmioProcess.StartCommand(
        [
            "write", "--from", data, "--fua", "--progress", "--json", "--region", left.Text, "--region", right.Text,
            .. how,
        ]);
        var reported = await ReadUntilAsync(process, lines: random.Next(8) == 0 ? 0 : random.Next(1, 128));
        process.Kill();
        reported = Math.Max(reported, await ReadUntilAsync(process, int.MaxValue));
        var (_, error) = await process.EndUnreadAsync();
        await left.FreeAsync();
        await right.FreeAsync();

        var printed = $"seed {seed}, {reported} sectors reported, {string.Join(' ', how)}; {error}";
        left.Check(directory.Read($"data-{seed}"), reported, printed);
        right.Check(directory.Read($"data-{seed}"), reported, printed);
    }

    /// <summary>Reads a number of progress lines, or all; returns the number of reported sectors.</summary>
    private static async Task<long> ReadUntilAsync(DmioProcess process, int lines)
    {
        var done = 0L;
        while (lines-- > 0 && await process.ReadLineAsync() is { } line)
        {
            if (!line.EndsWith('}'))
            {
                // The kill truncated the last line.
                Assert.Null(await process.ReadLineAsync());
                break;
            }

            var report = JsonDocument.Parse(line).RootElement;
            Assert.Equal("0x0", report.GetProperty("errors").GetString());
            if (report.TryGetProperty("sector", out var sector))
            {
                done = sector.GetInt64() + report.GetProperty("count").GetInt64();
            }
        }

        return done;
    }

    private static string Any(Random random, params string[] choices) => choices[random.Next(choices.Length)];

    private static int? Read(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
        ? int.Parse(text, CultureInfo.InvariantCulture)
        : null;
}
