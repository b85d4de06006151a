using DmIo.Actors.Client;
using DmIo.Actors.Scheduling;
using DmIo.Actors.Tests.Fixtures;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Actors.Tests.Hostile;

/// <summary>Invalid values, mixed with some valid ones, so that checks behind the first one are reached.</summary>
internal sealed class HostileValues(Random random, params string[] devices)
{
    private static readonly long[] Numbers =
        [0, 1, -1, 7, 8, 1023, 1024, int.MaxValue, int.MinValue, long.MaxValue, long.MinValue, 1L << 54, 1L << 55];

    private static readonly string?[] Names =
        [null, "", " ", "nowhere", "a@b", "a,b", "..", "/", "$a", "\0", "\ud800", new string('x', 256), "päd"];

    internal Random Random => random;

    internal long Long() => random.Next(2) == 0 ? random.Next(64) : Pick(Numbers);

    internal int Int() => unchecked((int)Long());

    internal string Name() => random.Next(3) > 0 ? Pick(devices) : Pick(Names)!;

    internal IoRegion Region() => random.Next(8) == 0 ? default : new IoRegion(Name(), Long(), Long());

    internal IReadOnlyList<IoRegion> Regions() => random.Next(8) switch
    {
        0 => null!,
        1 => [],
        2 => new BrokenRegions(() => throw new InvalidOperationException("The test has no count.")),
        3 => [.. Enumerable.Range(0, 65).Select(index => new IoRegion(Pick(devices), index, 1))],
        _ => [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Region())],
    };

    internal IoMemory? Memory() => random.Next(8) switch
    {
        0 => null,
        1 => new BrokenMemory(lengthBytes: null),
        2 => new BrokenMemory(long.MaxValue),
        3 => Array.Empty<byte>(),
        _ => new byte[random.Next(1 << 15)],
    };

    internal IoOperation Operation() => (IoOperation)(random.Next(8) - 1);

    internal RequestOptions? Options() => random.Next(3) == 0 ? null : new RequestOptions
    {
        ForceUnitAccess = random.Next(4) == 0,
        Edges = random.Next(6) == 0 ? new WriteEdges(Int(), Int()) : default,
        Zeroing = random.Next(6) == 0 ? (WriteZeroesFlags)random.Next(8) : WriteZeroesFlags.None,
        Priority = random.Next(6) == 0 ? (IoPriority)(random.Next(8) - 2) : IoPriority.BestEffort,
        Deadline = random.Next(6) == 0 ? TimeSpan.FromTicks(Long()) : null,
        Context = random.Next(3) == 0 ? "mine" : null,
    };

    internal QueueDepth? Depth() => random.Next(3) == 0 ? new QueueDepth(Int(), Int()) : null;

    internal SchedulingPolicy? Policy() => random.Next(3) == 0 ? (SchedulingPolicy)(random.Next(6) - 1) : null;

    internal IBlockDevice Device() => random.Next(6) == 0 ? null! : new MemoryDevice(ByteSize.FromKiB(512));

    internal T Pick<T>(IReadOnlyList<T> list) => list[random.Next(list.Count)];
}
