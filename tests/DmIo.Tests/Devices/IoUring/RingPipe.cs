using System.IO.Pipes;
using DmIo.Devices;
using DmIo.Devices.Stores;
using DmIo.Io;
using DmIo.Memory;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Tests.Devices.IoUring;

/// <summary>A store whose reads stay in flight until the test writes to the pipe.</summary>
internal sealed class RingPipe : IDisposable
{
    private readonly AnonymousPipeServerStream writer = new(PipeDirection.Out);

    internal RingPipe() => Store = new PipeStore(writer);

    internal FileStore Store { get; }

    internal void Write(params byte[] bytes) => writer.Write(bytes);

    public void Dispose() => writer.Dispose();

    /// <summary>A pipe has no offsets, so a blocking read ignores the offset.</summary>
    private sealed class PipeStore(AnonymousPipeServerStream writer) : FileStore(
        new SafeFileHandle(writer.ClientSafePipeHandle.DangerousGetHandle(), ownsHandle: false),
        new DeviceDescription { Backend = "pipe", Capacity = ByteSize.FromSectors(8), IsReadOnly = true })
    {
        private readonly AnonymousPipeClientStream reader = new(PipeDirection.In, writer.ClientSafePipeHandle);

        internal override long Read(long offsetBytes, SegmentBatch destination) =>
            reader.Read(destination.Segments[0].Span);

        internal override long Write(long offsetBytes, SegmentBatch source, bool forceUnitAccess) =>
            -Errno.NotSupported;

        internal override int Flush() => Errno.NotSupported;

        internal override int Discard(long offsetBytes, long lengthBytes) => Errno.NotSupported;

        protected override int ZeroRange(long offsetBytes, long lengthBytes, WriteZeroesFlags flags) =>
            Errno.NotSupported;
    }
}
