using DmIo.Nbd.Protocol;
using DmIo.Nbd.Server.Exports;

namespace DmIo.Nbd.Server.Requests;

/// <summary>
/// Validates the requests of one connection before a device is accessed. The order of the checks determines the error:
/// unknown commands first, then requests that are not permitted, then requests that are out of range.
/// </summary>
/// <param name="export">The export that the requests address.</param>
/// <param name="isStructured">The connection negotiated structured replies.</param>
/// <param name="hasBlockStatus">The connection negotiated base:allocation for the export.</param>
internal sealed class RequestCheck(OfferedExport export, bool isStructured, bool hasBlockStatus)
{
    /// <summary>The error and its message; <see cref="NbdError.None"/>: the request is valid.</summary>
    internal (NbdError Error, string Message) Check(in RequestHeader request)
    {
        var allowed = AllowedFlags(request.Command);
        if (allowed is null || (request.Command == NbdCommand.BlockStatus && !hasBlockStatus))
        {
            return (NbdError.Invalid, $"Command {request.Command} is unknown or was not negotiated.");
        }

        if ((request.Flags & ~allowed) != 0)
        {
            return (NbdError.Invalid,
                $"{request.Command} does not support the flags 0x{(ushort)(request.Flags & ~allowed):x}.");
        }

        if (export.IsReadOnly && request.Command is NbdCommand.Write or NbdCommand.Trim or NbdCommand.WriteZeroes)
        {
            return (NbdError.NotPermitted, $"The export is read-only; {request.Command} is not permitted.");
        }

        var neededFlag = request.Command switch
        {
            NbdCommand.Trim => TransmissionFlags.Trim,
            NbdCommand.WriteZeroes => TransmissionFlags.WriteZeroes,
            _ => TransmissionFlags.None,
        };
        if (!export.Flags.HasFlag(neededFlag))
        {
            return (NbdError.NotSupported, $"The export does not support {request.Command}.");
        }

        return request.Command == NbdCommand.Flush ? CheckFlush(request) : CheckRange(request);
    }

    private CommandFlags? AllowedFlags(NbdCommand command) => command switch
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
            ? (NbdError.Invalid, "The offset and length of a flush must be zero.")
            : default;

    private (NbdError Error, string Message) CheckRange(in RequestHeader request)
    {
        var size = (ulong)export.Size.Bytes;
        if (request.LengthBytes > size || request.Offset > size - request.LengthBytes)
        {
            return (NbdErrors.OutOfRange(request.Command), $"{request.LengthBytes} bytes at offset {request.Offset} "
                + $"exceed the export's size of {size} bytes.");
        }

        if (request.Command is NbdCommand.Read or NbdCommand.Write
            && request.LengthBytes > export.Blocks.MaximumPayload)
        {
            return (NbdError.Overflow, $"{request.LengthBytes} bytes exceed the maximum of "
                + $"{export.Blocks.MaximumPayload} bytes per request.");
        }

        return request.Command == NbdCommand.BlockStatus && request.LengthBytes == 0
            ? (NbdError.Invalid, "The length of a block status request must not be zero.")
            : default;
    }
}
