using System.IO.Pipes;
using DmIo.Devices;
using DmIo.Io;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Tests.Devices.Ring;

/// <summary>A store whose reads stay in flight until the test writes something.</summary>
internal sealed class RingPipe : IDisposable
{
    private readonly AnonymousPipeServerStream writer = new(PipeDirection.Out);

    internal RingPipe() => Store = new LinuxFileStore(
        new SafeFileHandle(writer.ClientSafePipeHandle.DangerousGetHandle(), ownsHandle: false),
        capacity: ByteSize.FromSectors(8),
        isReadOnly: true);

    internal LinuxFileStore Store { get; }

    internal void Write(params byte[] bytes) => writer.Write(bytes);

    public void Dispose() => writer.Dispose();
}
