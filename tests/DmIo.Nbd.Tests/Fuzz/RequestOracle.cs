using DmIo.Nbd.Protocol;

namespace DmIo.Nbd.Tests.Fuzz;

/// <summary>The expected reply to any request, valid or not, written from the specification and independent of the
/// server. Tracks the content of the export.</summary>
internal sealed class RequestOracle(int sizeBytes, uint minimumBlock, bool structured)
{
    /// <summary>Trimmed bytes may read as anything.</summary>
    private readonly bool[] isUnknown = new bool[sizeBytes];

    private readonly byte[] held = new byte[sizeBytes];

    /// <summary>A random request of any kind; most are almost valid.</summary>
    internal RequestHeader Next(Random random)
    {
        var command = (NbdCommand)(random.Next(20) == 0 ? random.Next(8, 65536) : random.Next(8));
        command = command == NbdCommand.Disconnect ? NbdCommand.Read : command;
        var flags = random.Next(4) switch
        {
            0 => (CommandFlags)(1 << random.Next(16)),
            1 => CommandFlags.ForceUnitAccess,
            _ => CommandFlags.None,
        };
        uint length = random.Next(8) switch
        {
            0 => 0,
            1 => (uint)random.Next(1, 5000),
            2 => (uint)random.Next(1, sizeBytes + 4096),
            3 when command != NbdCommand.Write => (uint)random.NextInt64(uint.MaxValue),
            4 => (uint)random.Next(1, 200) * 4096,
            _ => (uint)random.Next(1, 300) * 512,
        };
        var offset = random.Next(8) switch
        {
            0 => (ulong)random.NextInt64(),
            1 => ulong.MaxValue - (ulong)random.Next(100_000),
            2 => (ulong)random.Next(sizeBytes),
            3 => (ulong)Math.Max(0, sizeBytes - (long)length),
            _ => (ulong)random.Next(sizeBytes / 512) * 512,
        };
        (offset, length) = command == NbdCommand.Flush && random.Next(2) == 0 ? (0, 0) : (offset, length);
        return new RequestHeader(command, flags, (ulong)random.NextInt64(), offset, length);
    }

    /// <summary>The valid replies.</summary>
    internal IReadOnlyList<NbdError> Allowed(RequestHeader request)
    {
        var flags = KnownFlags(request.Command);
        if (flags is null || (request.Flags & ~flags) != 0)
        {
            return [NbdError.Invalid];
        }

        if (request.Command == NbdCommand.Flush)
        {
            return request.Offset == 0 && request.LengthBytes == 0 ? [NbdError.None] : [NbdError.Invalid];
        }

        var isPastTheEnd = request.LengthBytes > sizeBytes || request.Offset > (ulong)sizeBytes - request.LengthBytes;
        if (isPastTheEnd)
        {
            return request.Command is NbdCommand.Write or NbdCommand.WriteZeroes
                ? [NbdError.NoSpace] : [NbdError.Invalid];
        }

        if (((request.Offset | request.LengthBytes) & (minimumBlock - 1)) != 0)
        {
            // A hint may be rounded.
            return request.Command is NbdCommand.Trim or NbdCommand.Cache
                ? [NbdError.None, NbdError.Invalid] : [NbdError.Invalid, NbdError.Overflow];
        }

        return request switch
        {
            { Command: NbdCommand.BlockStatus, LengthBytes: 0 } => [NbdError.Invalid],
            { Command: NbdCommand.WriteZeroes } when request.Flags.HasFlag(CommandFlags.FastZero) =>
                [NbdError.None, NbdError.NotSupported],
            _ => [NbdError.None],
        };
    }

    /// <summary>Records a successful request.</summary>
    internal void Done(RequestHeader request, byte[] payload)
    {
        var (start, length) = ((int)request.Offset, (int)request.LengthBytes);
        switch (request.Command)
        {
            case NbdCommand.Write:
                payload.CopyTo(held, start);
                isUnknown.AsSpan(start, length).Clear();
                break;
            case NbdCommand.WriteZeroes:
                held.AsSpan(start, length).Clear();
                isUnknown.AsSpan(start, length).Clear();
                break;
            case NbdCommand.Trim:
                isUnknown.AsSpan(start, length).Fill(true);
                break;
        }
    }

    /// <summary>The first byte that does not match; -1: none.</summary>
    internal int FirstWrong(RequestHeader read, byte[] data)
    {
        for (var index = 0; index < data.Length; index++)
        {
            var at = (int)read.Offset + index;
            if (!isUnknown[at] && data[index] != held[at])
            {
                return at;
            }
        }

        return -1;
    }

    private CommandFlags? KnownFlags(NbdCommand command) => command switch
    {
        NbdCommand.Read when structured => CommandFlags.ForceUnitAccess | CommandFlags.DoNotFragment,
        NbdCommand.BlockStatus when !structured => null,
        NbdCommand.BlockStatus => CommandFlags.ForceUnitAccess | CommandFlags.RequestOne,
        NbdCommand.WriteZeroes => CommandFlags.ForceUnitAccess | CommandFlags.NoHole | CommandFlags.FastZero,
        NbdCommand.Read or NbdCommand.Write or NbdCommand.Flush or NbdCommand.Trim or NbdCommand.Cache =>
            CommandFlags.ForceUnitAccess,
        _ => null,
    };
}
