using System.CommandLine;
using DmIo.Io;

namespace DmIo.Cli;

/// <summary>
/// The options of commands that move data: which memory, how called, how much of it; then everybody's.
/// </summary>
internal sealed record TransferArguments(MemoryKind Memory, CallMode Mode, int? Pages, ByteSize? Chunk)
{
    internal static IReadOnlyList<Option> Options { get; } =
    [
        Cli.Options.Memory, Cli.Options.Mode, Cli.Options.Pages, Cli.Options.Chunk, .. DeviceAccess.Options,
        Cli.Options.Json, Cli.Options.Config, Cli.Options.Verbose,
    ];

    internal static TransferArguments Of(ParseResult parsed) => new(
        parsed.GetValue(Cli.Options.Memory),
        parsed.GetValue(Cli.Options.Mode),
        parsed.GetValue(Cli.Options.Pages),
        parsed.GetValue(Cli.Options.Chunk));

    internal ChunkPlan Plan(int buffers) => ChunkPlan.For(Pages, Chunk, buffers);
}
