using System.CommandLine;
using DmIo.Cli.Arguments;
using DmIo.Cli.Service;
using DmIo.Cli.Transfer;
using DmIo.Io;

namespace DmIo.Cli.Commands;

/// <summary>The options of <c>dmio write</c>, <c>read</c> and <c>verify</c>: memory, calls, sizes.</summary>
internal sealed record TransferArguments(MemoryKind Memory, CallMode Mode, int? Pages, ByteSize? Chunk)
{
    private static readonly Option<MemoryKind> MemoryOption = new("--memory")
    {
        Description = "Memory service: a page list, a bio vector, or a virtual buffer. [default: pages]",
        HelpName = "pages|bvec|vm",
        CustomParser = OptionValues.ReadEnum<MemoryKind>,
    };

    private static readonly Option<CallMode> ModeOption = new("--mode")
    {
        Description = "Several requests in flight, or one blocking call after the other. [default: async]",
        HelpName = "async|sync",
        CustomParser = OptionValues.ReadEnum<CallMode>,
    };

    private static readonly Option<int?> PagesOption = new("--pages")
    {
        Description = "Pages of 4096 bytes to lease for the chunks. [default: as many as 4 chunks need]",
        HelpName = "N",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (int.TryParse(text, out var pages) && pages > 0)
            {
                return pages;
            }

            result.AddError($"'{text}' is not a number of pages; write 1 to {int.MaxValue}.");
            return null;
        },
    };

    private static readonly Option<ByteSize?> ChunkOption = new("--chunk")
    {
        Description = "Bytes per request, a multiple of 4096. [default: 1MiB, or less to fit into --pages]",
        HelpName = "SIZE",
        CustomParser = OptionValues.ReadSize,
    };

    internal static IReadOnlyList<Option> Options { get; } =
    [
        MemoryOption, ModeOption, PagesOption, ChunkOption, .. DeviceAccess.Options, SharedOptions.Json,
        SharedOptions.Config, SharedOptions.Verbose,
    ];

    /// <summary>The options of a command that carries no data.</summary>
    internal static IReadOnlyList<Option> OptionsWithoutMemory { get; } =
        [ModeOption, .. DeviceAccess.Options, SharedOptions.Json, SharedOptions.Config, SharedOptions.Verbose];

    internal static TransferArguments Of(ParseResult parsed) => new(
        parsed.GetValue(MemoryOption), ModeOf(parsed), parsed.GetValue(PagesOption), parsed.GetValue(ChunkOption));

    internal static CallMode ModeOf(ParseResult parsed) => parsed.GetValue(ModeOption);

    internal ChunkPlan Plan(int buffers) => ChunkPlan.For(Pages, Chunk, buffers);
}
