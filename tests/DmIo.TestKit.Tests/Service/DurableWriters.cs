using System.Buffers.Binary;
using System.Globalization;
using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Io;
using DmIo.TestKit.Crashes;

namespace DmIo.TestKit.Tests.Service;

/// <summary>
/// Concurrent writers, each with its own region at the same place of every device. In each round, a writer writes the
/// round's number to all devices in one request, makes it durable in one of three ways, and marks the reported
/// durability. The contents after a crash are compared with the marks.
/// </summary>
internal sealed class DurableWriters(IoClient client, WriteLog log, int seed, int writers)
{
    private const int MostWriters = 6;
    private const int Rounds = 12;
    private const int Sectors = 2;

    internal const int Capacity = MostWriters * Sectors;

    /// <summary>Runs all rounds.</summary>
    internal Task RunAsync(params string[] devices) =>
        Task.WhenAll(Enumerable.Range(0, writers).Select(writer => WriteAsync(writer, devices)));

    /// <summary>Every sector must have the round that its writer marked last, or a later one.</summary>
    internal static async Task CheckAsync(Crash crash, params string[] devices)
    {
        foreach (var device in devices)
        {
            var bytes = new byte[Capacity * Sector.SizeBytes];
            await crash.Open(device).ReadAsync(0, Bytes.Batch(bytes));
            foreach (var (writer, marked) in crash.Marks.Select(Parse).GroupBy(mark => mark.Writer, mark => mark.Round)
                .Select(rounds => (rounds.Key, rounds.Max())))
            {
                for (var sector = writer * Sectors; sector < (writer + 1) * Sectors; sector++)
                {
                    var found = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(sector * Sector.SizeBytes));
                    if (found < marked)
                    {
                        throw new InvalidDataException(
                            $"sector {sector} of {device} has round {found}, and {marked} was reported as durable");
                    }
                }
            }
        }
    }

    private async Task WriteAsync(int writer, string[] devices)
    {
        var random = new Random(seed + writer);
        IoRegion[] regions = [.. devices.Select(device => new IoRegion(device, writer * Sectors, Sectors))];
        for (var round = 1; round <= Rounds; round++)
        {
            var data = new byte[Sectors * Sector.SizeBytes];
            BinaryPrimitives.WriteInt32LittleEndian(data, round);
            BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(Sector.SizeBytes), round);
            var way = random.Next(3);
            var options = new RequestOptions { ForceUnitAccess = way > 0 };
            (await client.WriteAsync(regions, data, options)).ThrowIfFailed();
            if (way == 0)
            {
                (await client.FlushAsync(regions)).ThrowIfFailed();
            }

            log.Mark(string.Create(CultureInfo.InvariantCulture, $"{writer} {round}"));
        }
    }

    private static (int Writer, int Round) Parse(string mark)
    {
        var numbers = mark.Split(' ').Select(number => int.Parse(number, CultureInfo.InvariantCulture)).ToArray();
        return (numbers[0], numbers[1]);
    }
}
