using DmIo.Devices;
using DmIo.Devices.Stores;
using DmIo.Io;
using DmIo.Memory;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Tests.Devices;

/// <summary>
/// A store in an array whose results a test can replace: each call asks the script first, and null executes the call.
/// Can be used by several threads.
/// </summary>
internal sealed class FakeStore : FileStore
{
    private readonly byte[] content;

    internal FakeStore(int sectors, DeviceDescription? description = null)
        : base(
            new SafeFileHandle(),
            description ?? new DeviceDescription { Backend = "fake", Capacity = ByteSize.FromSectors(sectors) }) =>
        content = new byte[sectors * Sector.SizeBytes];

    /// <summary>Returns a number of bytes or a negated errno; null: the call is executed.</summary>
    internal Func<IoOperation, long, long?> Script { get; set; } = static (_, _) => null;

    internal byte[] Content => content;

    /// <summary>Receives the written segments.</summary>
    internal Action<SegmentBatch> Seen { get; set; } = static _ => { };

    internal override long Read(long offsetBytes, SegmentBatch destination)
    {
        var answer = Script(IoOperation.Read, offsetBytes);
        var length = (int)(answer ?? destination.LengthBytes);
        if (length > 0)
        {
            destination.CopyFrom(content.AsSpan((int)offsetBytes, length));
        }

        return length;
    }

    internal override long Write(long offsetBytes, SegmentBatch source, bool forceUnitAccess)
    {
        Seen(source);
        var answer = Script(IoOperation.Write, offsetBytes);
        var length = (int)(answer ?? source.LengthBytes);
        if (length > 0)
        {
            source.CopyTo(content.AsSpan((int)offsetBytes, length));
        }

        return length;
    }

    internal override int Flush() => (int)-(Script(IoOperation.Flush, 0) ?? 0);

    internal override int Discard(long offsetBytes, long lengthBytes) =>
        (int)-(Script(IoOperation.Discard, offsetBytes) ?? 0);

    protected override int ZeroRange(long offsetBytes, long lengthBytes, WriteZeroesFlags flags) =>
        (int)-(Script(IoOperation.WriteZeroes, offsetBytes) ?? 0);
}
