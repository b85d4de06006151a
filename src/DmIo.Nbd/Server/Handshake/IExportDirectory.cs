using DmIo.Nbd.Server.Exports;

namespace DmIo.Nbd.Server.Handshake;

/// <summary>What the handshake of one connection can ask of the server.</summary>
internal interface IExportDirectory
{
    /// <summary>The server ends: nothing new is begun.</summary>
    bool IsClosing { get; }

    /// <summary>What this client may use, by name in ordinal order.</summary>
    IReadOnlyList<OfferedExport> Exports { get; }

    /// <summary>There is an export of this name, and this client may not use it.</summary>
    bool IsDenied(string export);

    /// <summary>The client is about to use it; false: it has gone meanwhile.</summary>
    bool TryOpen(OfferedExport export);
}
