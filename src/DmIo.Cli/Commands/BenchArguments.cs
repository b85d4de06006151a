using System.CommandLine;
using DmIo.Cli.Arguments;
using DmIo.Cli.Bench;
using DmIo.Cli.Exit;
using DmIo.Cli.Http;
using DmIo.Cli.Service;
using DmIo.Cli.Transfer;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Cli.Commands;

/// <summary>The options of <c>dmio bench</c>: the workload, and the length of the measurement.</summary>
internal static class BenchArguments
{
    private static readonly ByteSize MaxBlockSize = ByteSize.FromMiB(64);

    private static readonly Option<BenchOperation> Operation = new("--operation", "-o")
    {
        Description = "The workload: random or sequential reads or writes, or random reads and writes.",
        HelpName = "randread|randwrite|read|write|randrw",
        Required = true,
        CustomParser = OptionValues.ReadEnum<BenchOperation>,
    };

    private static readonly Option<ByteSize?> BlockSize = new("--block-size", "-b")
    {
        Description = "Bytes per request, whole sectors. [default: 4KiB]",
        HelpName = "SIZE",
        CustomParser = OptionValues.ReadSize,
    };

    private static readonly Option<int?> Depth = OptionValues.NewNumber(
        "--depth", 1, 65536, "Requests in flight of each lease. [default: 32]");

    private static readonly Option<int?> LeaseCount = OptionValues.NewNumber(
        "--leases", 1, 1024, "Leases, each with --depth requests in flight. [default: 1]");

    private static readonly Option<TimeSpan?> Duration = OptionValues.NewDuration(
        "--duration", "Length of the measurement, as in 500ms, 3s or 2m. [default: 3s]");

    private static readonly Option<TimeSpan?> WarmUp = OptionValues.NewDuration(
        "--warmup",
        "Time before the measurement: .NET recompiles hot code in the first seconds. [default: 3s]");

    private static readonly Option<int?> Requests = OptionValues.NewNumber(
        "--requests", 1, int.MaxValue, "Number of requests to measure, instead of --duration.");

    private static readonly Option<int?> ReadPercent = OptionValues.NewNumber(
        "--read-percent", 0, 100, "Percentage of reads in randrw. [default: 50]");

    private static readonly Option<int?> Seed = OptionValues.NewNumber(
        "--seed", 0, int.MaxValue, "Seed of the random blocks; the same seed gives the same blocks. [default: 1]");

    private static readonly Option<bool> ForceUnitAccess = new("--fua")
    {
        Description = "Each write is durable when it completes (FUA).",
    };

    private static readonly Option<bool> Flush = new("--flush")
    {
        Description = "Each write is followed by a flush; both are counted as one request.",
    };

    private static readonly Option<bool> Spread = new("--spread")
    {
        Description = "Each request goes to one of the regions, instead of each write to all.",
    };

    private static readonly Option<bool> Own = new("--own")
    {
        Description = "With --spread: each lease uses other regions, if there are enough.",
    };

    private static readonly Option<BenchCaller> By = new("--by")
    {
        Description = "How requests are submitted: messages of an actor, Ask, or the client. [default: tell]",
        HelpName = "tell|ask|client",
        CustomParser = OptionValues.ReadEnum<BenchCaller>,
    };

    private static readonly Option<bool> FillFirst = new("--prefill")
    {
        Description = "Write all regions once before the measurement, so that files have no holes.",
    };

    internal static IReadOnlyList<Option> Options { get; } =
    [
        Operation, BlockSize, Depth, LeaseCount, Duration, WarmUp, Requests, ReadPercent, Seed, ForceUnitAccess, Flush,
        Spread, Own, By, SharedOptions.Create, .. DeviceAccess.Options, FillFirst, .. StatusServers.Options,
        SharedOptions.Json, SharedOptions.Config, SharedOptions.Verbose,
    ];

    internal static BenchOperation OperationOf(ParseResult parsed) => parsed.GetValue(Operation);

    internal static BenchCaller ByOf(ParseResult parsed) => parsed.GetValue(By);

    internal static int LeasesOf(ParseResult parsed) => parsed.GetValue(LeaseCount) ?? 1;

    internal static bool IsPrefillOf(ParseResult parsed) => parsed.GetValue(FillFirst);

    internal static BenchLimits LimitsOf(ParseResult parsed)
    {
        if (parsed.GetValue(Requests) is not null && parsed.GetValue(Duration) is not null)
        {
            throw new RefusedException("--requests and --duration both limit the measurement; give one of them.");
        }

        return new BenchLimits(
            parsed.GetValue(WarmUp) ?? TimeSpan.FromSeconds(3),
            parsed.GetValue(Duration) ?? TimeSpan.FromSeconds(3),
            parsed.GetValue(Requests));
    }

    /// <summary>The workload on the regions.</summary>
    /// <exception cref="RefusedException">A region is smaller than a block, or not within its device.</exception>
    internal static BenchWorkload WorkloadOf(ParseResult parsed, IReadOnlyList<RegionState> regions)
    {
        var size = parsed.GetValue(BlockSize) ?? ByteSize.FromBytes(Page.SizeBytes);
        if (size.Bytes == 0 || !size.IsWholeSectors || size > MaxBlockSize)
        {
            throw new RefusedException(
                $"--block-size {size} is {size.Bytes} bytes; a request has whole sectors of {Sector.SizeBytes} bytes, "
                + $"up to {MaxBlockSize}.");
        }

        if (parsed.GetValue(Own) && !parsed.GetValue(Spread))
        {
            throw new RefusedException("--own needs --spread; add it.");
        }

        if (parsed.GetValue(ForceUnitAccess) && OperationOf(parsed) is (BenchOperation.Read or BenchOperation.RandRead))
        {
            throw new RefusedException("--fua is for writes, but this operation only reads; omit --fua.");
        }

        foreach (var region in regions)
        {
            RequireRoom(region, (int)size.Bytes);
        }

        return new BenchWorkload
        {
            Operation = OperationOf(parsed),
            Regions = [.. regions.Select(region => region.Region.Range(0, region.Region.Count!.Value.Value))],
            BlockBytes = (int)size.Bytes,
            Depth = parsed.GetValue(Depth) ?? 32,
            ReadPercent = parsed.GetValue(ReadPercent) ?? 50,
            ForceUnitAccess = parsed.GetValue(ForceUnitAccess),
            Seed = parsed.GetValue(Seed) ?? 1,
            IsFlushed = parsed.GetValue(Flush),
            IsSpread = parsed.GetValue(Spread),
            IsOwn = parsed.GetValue(Own),
        };
    }

    private static void RequireRoom(RegionState region, int blockBytes)
    {
        if (region.IsGivenUp)
        {
            throw new RefusedException(region.Outcome.Message!);
        }

        if (region.Sectors < blockBytes / Sector.SizeBytes)
        {
            throw new RefusedException(
                $"region {region.Region} has {region.Sectors} sectors, less than a block of {blockBytes} bytes.");
        }

        var unit = region.Region.Description.BlockSize.Bytes;
        if (blockBytes % unit != 0 || region.Region.Start.Value * Sector.SizeBytes % unit != 0)
        {
            throw new RefusedException(
                $"region {region.Region} is on a device with blocks of {unit} bytes; its first sector and "
                + "--block-size must be multiples of the block size.");
        }
    }
}
