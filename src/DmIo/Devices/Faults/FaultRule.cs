using DmIo.Io;

namespace DmIo.Devices.Faults;

/// <summary>
/// When a <see cref="FaultyDevice"/> fails a call, and how. By default every call, for ever, with EIO.
/// </summary>
public sealed record FaultRule
{
    /// <summary>Calls that the rule is about. All else in the rule counts these only.</summary>
    public OperationFilter Filter { get; init; } = OperationFilter.Any;

    /// <summary>How many of them go well first.</summary>
    public long After { get; init; }

    /// <summary>How many failures at most; null: for ever.</summary>
    public long? AtMost { get; init; }

    /// <summary>The chance of each to fail, 0 to 1, drawn from the device's seed.</summary>
    public double Probability { get; init; } = 1;

    /// <summary>What the call answers.</summary>
    public IoStatusCode Code { get; init; } = IoStatusCode.DeviceError;

    /// <summary>The error number in the answer; EIO by default.</summary>
    public int Errno { get; init; } = Io.Errno.InputOutput;

    /// <summary>
    /// How much a read or a write moves before it fails. Not a multiple of the block size: only for backends that
    /// take any length.
    /// </summary>
    public ByteSize PartialTransfer { get; init; }
}
