using DmIo.Nbd.Protocol;

namespace DmIo.Nbd.Client;

/// <summary>What a client and a server agreed on in the handshake: the export, and how to talk about it.
/// Immutable.</summary>
internal sealed record NegotiatedExport
{
    internal required long SizeBytes { get; init; }

    /// <summary>What the server offers; nothing else may be asked for.</summary>
    internal required TransmissionFlags Flags { get; init; }

    /// <summary>Null: the server said nothing of them.</summary>
    internal BlockSizes? Sizes { get; init; }

    internal bool HasStructuredReplies { get; init; }

    /// <summary>The server's number for base:allocation; null: it has none.</summary>
    internal uint? AllocationContext { get; init; }

    internal bool Has(TransmissionFlags flag) => (Flags & flag) == flag;
}
