using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.TestKit.Oracle;
using DmIo.TestKit.Simulation;

namespace DmIo.TestKit.Tests.Oracle;

/// <summary>
/// A run from one seed: concurrent calls of all kinds on an <see cref="OracleDevice"/> in front of a simulated device
/// that reorders, transfers short, fails, and loses power. Returns the findings of the oracle.
/// </summary>
internal sealed class OracleRun
{
    private const int Sectors = 24;
    private const int Steps = 120;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private readonly ManualTime time = new();
    private readonly DiskOracle oracle = new(ByteSize.FromSectors(Sectors));
    private readonly List<Call> inFlight = [];
    private readonly Random random;
    private readonly SimulatedDisk disk;
    private readonly Func<IBlockDevice, Random, IBlockDevice> decorate;
    private readonly bool isFaulty;
    private OracleDevice device;
    private int writes;

    private OracleRun(int seed, Func<IBlockDevice, Random, IBlockDevice>? decorate)
    {
        random = new Random(seed);
        disk = new SimulatedDisk(ByteSize.FromSectors(Sectors), seed);
        this.decorate = decorate ?? ((inner, _) => inner);
        isFaulty = random.Next(3) > 0;
        device = NewDevice(isHealed: false);
    }

    internal static IReadOnlyList<string> Do(int seed, Func<IBlockDevice, Random, IBlockDevice>? decorate = null)
    {
        // Continuations run at once, in the turn of the simulated time.
        var outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            var run = new OracleRun(seed, decorate);
            for (var step = 0; step < Steps; step++)
            {
                run.Step();
            }

            run.Finish();
            return run.oracle.Findings;
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    private void Step()
    {
        switch (random.Next(40))
        {
            case 0:
                Crash();
                break;
            case < 12:
                time.Advance(Tick * random.Next(1, 5));
                inFlight.RemoveAll(call => call.Outcome.IsCompleted);
                break;
            default:
                Issue();
                break;
        }
    }

    private void Issue()
    {
        var start = random.Next(Sectors);
        var count = random.Next(1, Math.Min(6, Sectors - start) + 1);
        if (inFlight.Exists(call => start < call.Start + call.Count && call.Start < start + count))
        {
            return;
        }

        var data = new byte[count * Sector.SizeBytes];
        random.NextBytes(data);
        data[0] = (byte)++writes;
        var cut = random.Next(data.Length);
        var batch = Bytes.Batch(data.AsMemory(0, cut), data.AsMemory(cut));
        Task outcome = random.Next(10) switch
        {
            < 4 => device.WriteAsync(start, batch, forceUnitAccess: random.Next(4) == 0).AsTask(),
            < 7 => device.ReadAsync(start, batch).AsTask(),
            7 => device.FlushAsync().AsTask(),
            8 => device.DiscardAsync(start, count).AsTask(),
            _ => device.WriteZeroesAsync(start, count, WriteZeroesFlags.None).AsTask(),
        };
        inFlight.Add(new Call(start, count, outcome));
    }

    private void Crash()
    {
        disk.Crash();
        inFlight.Clear();
        LetEnd(NewDevice(isHealed: true).CheckCrashAsync());
        device = NewDevice(isHealed: false);
    }

    private void Finish()
    {
        LetEnd(Task.WhenAll(inFlight.Select(call => call.Outcome)));
        LetEnd(NewDevice(isHealed: true).CheckContentAsync());
        Crash();
    }

    private void LetEnd(Task task)
    {
        while (!task.IsCompleted)
        {
            time.Advance(Tick);
        }

        task.GetAwaiter().GetResult();
    }

    private OracleDevice NewDevice(bool isHealed)
    {
        var options = new SimulatedDeviceOptions
        {
            Seed = random.Next(),
            Observer = oracle.AllowFault,
            Faults = isHealed || !isFaulty
                ? []
                : [.. Enum.GetValues<SimulatedFaultKind>().Where(IsWanted).Select(NewFault)],
        };
        return new OracleDevice(decorate(new SimulatedDevice(disk, time, options), random), oracle);
    }

    /// <summary>A device that hangs forever or permanently gone would hide later faults.</summary>
    private bool IsWanted(SimulatedFaultKind kind) =>
        kind is not (SimulatedFaultKind.Hung or SimulatedFaultKind.Gone) && random.Next(2) == 0;

    private static SimulatedFault NewFault(SimulatedFaultKind kind) => new(kind)
    {
        Filter = OperationFilter.Any,
        Probability = 0.05,
    };

    private readonly record struct Call(int Start, int Count, Task Outcome);
}
