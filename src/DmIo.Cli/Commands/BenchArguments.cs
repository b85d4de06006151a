using System.CommandLine;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Cli;

/// <summary>What <c>dmio bench</c> takes beside regions: the load, and for how long.</summary>
internal static class BenchArguments
{
    private static readonly ByteSize LargestBlock = ByteSize.FromMiB(64);

    private static readonly Option<BenchOperation> Operation = new("--operation", "-o")
    {
        Description = "What to do: random or sequential reads or writes, or both at random.",
        HelpName = "randread|randwrite|read|write|randrw",
        Required = true,
        CustomParser = Cli.Options.ReadEnum<BenchOperation>,
    };

    private static readonly Option<ByteSize?> BlockSize = new("--block-size", "-b")
    {
        Description = "Bytes per request, whole sectors. [default: 4KiB]",
        HelpName = "SIZE",
        CustomParser = Cli.Options.ReadSize,
    };

    private static readonly Option<int?> Depth = Cli.Options.NewNumber(
        "--depth", 1, 65536, "Requests that each lease keeps in flight. [default: 32]");

    private static readonly Option<int?> LeaseCount = Cli.Options.NewNumber(
        "--leases", 1, 1024, "Leases, each with a driver of its own and --depth requests in flight. [default: 1]");

    private static readonly Option<TimeSpan?> Duration = Cli.Options.NewDuration(
        "--duration", "How long to measure, as in 500ms, 3s or 2m. [default: 3s]");

    private static readonly Option<TimeSpan?> WarmUp = Cli.Options.NewDuration(
        "--warmup",
        "How long to run before anything counts: .NET recompiles busy code in the first seconds. [default: 3s]");

    private static readonly Option<int?> Requests = Cli.Options.NewNumber(
        "--requests", 1, int.MaxValue, "Measure so many requests, however long it takes, in place of --duration.");

    private static readonly Option<int?> ReadPercent = Cli.Options.NewNumber(
        "--read-percent", 0, 100, "Share of reads in randrw. [default: 50]");

    private static readonly Option<int?> Seed = Cli.Options.NewNumber(
        "--seed", 0, int.MaxValue, "Where the random generator begins: the same blocks again. [default: 1]");

    private static readonly Option<bool> ForceUnitAccess = new("--fua")
    {
        Description = "Each write is durable when it is done (FUA).",
    };

    private static readonly Option<bool> Flush = new("--flush")
    {
        Description = "Each write is followed by a flush; both together are one request.",
    };

    private static readonly Option<bool> Spread = new("--spread")
    {
        Description = "Each request goes to one of the regions, rather than a write to all at once.",
    };

    private static readonly Option<bool> Own = new("--own")
    {
        Description = "With --spread: each lease has regions of its own, as far as there are enough.",
    };

    private static readonly Option<BenchCaller> By = new("--by")
    {
        Description = "An actor's messages, Ask's tasks, or the client's tasks. [default: tell]",
        HelpName = "tell|ask|client",
        CustomParser = Cli.Options.ReadEnum<BenchCaller>,
    };

    private static readonly Option<bool> FillFirst = new("--prefill")
    {
        Description = "Write all regions once before measuring: holes in a file cost nothing to read.",
    };

    internal static IReadOnlyList<Option> Options { get; } =
    [
        Operation, BlockSize, Depth, LeaseCount, Duration, WarmUp, Requests, ReadPercent, Seed, ForceUnitAccess, Flush,
        Spread, Own, By, Cli.Options.Create, .. DeviceAccess.Options, FillFirst, Cli.Options.Monitor, Cli.Options.Json,
        Cli.Options.Config, Cli.Options.Verbose,
    ];

    internal static BenchOperation OperationOf(ParseResult parsed) => parsed.GetValue(Operation);

    internal static BenchCaller ByOf(ParseResult parsed) => parsed.GetValue(By);

    internal static int LeasesOf(ParseResult parsed) => parsed.GetValue(LeaseCount) ?? 1;

    internal static bool IsPrefillOf(ParseResult parsed) => parsed.GetValue(FillFirst);

    internal static BenchLimits LimitsOf(ParseResult parsed)
    {
        if (parsed.GetValue(Requests) is not null && parsed.GetValue(Duration) is not null)
        {
            throw new RefusedException("--requests and --duration are two ends of one run; say one of them.");
        }

        return new BenchLimits(
            parsed.GetValue(WarmUp) ?? TimeSpan.FromSeconds(3),
            parsed.GetValue(Duration) ?? TimeSpan.FromSeconds(3),
            parsed.GetValue(Requests));
    }

    /// <summary>The load on these regions.</summary>
    /// <exception cref="RefusedException">They have no room for a block, or do not fit their devices.</exception>
    internal static BenchWorkload WorkloadOf(ParseResult parsed, IReadOnlyList<RegionTally> regions)
    {
        var size = parsed.GetValue(BlockSize) ?? ByteSize.FromBytes(Page.SizeBytes);
        if (size.Bytes == 0 || !size.IsWholeSectors || size > LargestBlock)
        {
            throw new RefusedException(
                $"--block-size {size} is {size.Bytes} bytes; a request has whole sectors of {Sector.SizeBytes} bytes, "
                + $"up to {LargestBlock}.");
        }

        if (parsed.GetValue(Own) && !parsed.GetValue(Spread))
        {
            throw new RefusedException("--own divides what --spread spreads; say --spread too.");
        }

        if (parsed.GetValue(ForceUnitAccess) && OperationOf(parsed) is (BenchOperation.Read or BenchOperation.RandRead))
        {
            throw new RefusedException("--fua makes writes durable, and this only reads; leave it out.");
        }

        foreach (var region in regions)
        {
            RequireRoom(region, (int)size.Bytes);
        }

        return new BenchWorkload
        {
            Operation = OperationOf(parsed),
            Regions = [.. regions.Select(region => region.Region.Piece(0, region.Region.Count!.Value.Value))],
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

    private static void RequireRoom(RegionTally region, int blockBytes)
    {
        if (region.IsGivenUp)
        {
            throw new RefusedException(region.Outcome.Message!);
        }

        if (region.Sectors < blockBytes / Sector.SizeBytes)
        {
            throw new RefusedException(
                $"region {region.Region} has {region.Sectors} sectors, fewer than a block of {blockBytes} bytes.");
        }

        var unit = region.Region.Description.BlockSize.Bytes;
        if (blockBytes % unit != 0 || region.Region.Start.Value * Sector.SizeBytes % unit != 0)
        {
            throw new RefusedException(
                $"region {region.Region} is on a device with blocks of {unit} bytes; its first sector and "
                + "--block-size must be multiples of that.");
        }
    }
}
