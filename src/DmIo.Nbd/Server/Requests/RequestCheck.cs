using DmIo.Nbd.Protocol;
using DmIo.Nbd.Server.Exports;

namespace DmIo.Nbd.Server.Requests;

/// <summary>What is wrong with a request before any device is asked, and how the client is told. The order matters:
/// what is no request at all, then what may not be, then what does not fit.</summary>
internal static class RequestCheck
{
    /// <summary>The error and its sentence; no error: it may go.</summary>
    /// <param name="request">The request.</param>
    /// <param name="export">What it is for.</param>
    /// <param name="isStructured">Structured replies were agreed on.</param>
    /// <param name="hasBlockStatus">The client asked for base:allocation in the handshake.</param>
    internal static (NbdError Error, string Message) Check(
        in RequestHeader request, OfferedExport export, bool isStructured, bool hasBlockStatus)
    {
        var allowed = AllowedFlags(request.Command, isStructured);
        if (allowed is null || (request.Command == NbdCommand.BlockStatus && !hasBlockStatus))
        {
            return (NbdError.Invalid, $"Command {request.Command} is not known, or was not agreed on.");
        }

        if ((request.Flags & ~allowed) != 0)
        {
            return (NbdError.Invalid, $"{request.Command} takes no flags 0x{(ushort)(request.Flags & ~allowed):x}.");
        }

        if (export.IsReadOnly && request.Command is NbdCommand.Write or NbdCommand.Trim or NbdCommand.WriteZeroes)
        {
            return (NbdError.NotPermitted, $"The export is read-only, and this is a {request.Command}.");
        }

        return request.Command == NbdCommand.Flush ? CheckFlush(request) : CheckRange(request, export);
    }

    private static CommandFlags? AllowedFlags(NbdCommand command, bool isStructured) => command switch
    {
        NbdCommand.Read => CommandFlags.ForceUnitAccess
            | (isStructured ? CommandFlags.DoNotFragment : CommandFlags.None),
        NbdCommand.WriteZeroes =>
            CommandFlags.ForceUnitAccess | CommandFlags.NoHole | CommandFlags.FastZero,
        NbdCommand.BlockStatus => CommandFlags.ForceUnitAccess | CommandFlags.RequestOne,
        NbdCommand.Write or NbdCommand.Flush or NbdCommand.Trim or NbdCommand.Cache => CommandFlags.ForceUnitAccess,
        _ => null,
    };

    private static (NbdError Error, string Message) CheckFlush(in RequestHeader request) =>
        request.Offset != 0 || request.LengthBytes != 0
            ? (NbdError.Invalid, "A flush has no offset and no length.")
            : default;

    private static (NbdError Error, string Message) CheckRange(in RequestHeader request, OfferedExport export)
    {
        var size = (ulong)export.Size.Bytes;
        if (request.LengthBytes > size || request.Offset > size - request.LengthBytes)
        {
            return (NbdErrors.PastTheEnd(request.Command), $"{request.LengthBytes} bytes from {request.Offset} on "
                + $"are past the end: the export has {size}.");
        }

        if (request.Command is NbdCommand.Read or NbdCommand.Write
            && request.LengthBytes > export.Blocks.MaximumPayload)
        {
            return (NbdError.Overflow, $"{request.LengthBytes} bytes are more than the "
                + $"{export.Blocks.MaximumPayload} that one request may have.");
        }

        return request.Command == NbdCommand.BlockStatus && request.LengthBytes == 0
            ? (NbdError.Invalid, "No bytes have no status.")
            : default;
    }
}
