using DmIo.Memory;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices.IoUring;

/// <summary>
/// What a ring's kernel side knows beforehand: the file and the service's memory, so that an operation need not look
/// them up and pin them. Writes operations down by these names. Holds the file open, and the memory, until
/// <see cref="Dispose"/>, which comes when nothing is in flight.
/// </summary>
internal sealed unsafe class RingRegistrations : IDisposable
{
    private readonly MappedRing ring;
    private readonly RingAbilities abilities;
    private readonly SafeFileHandle file;
    private readonly RingBuffers buffers;
    private readonly bool isFileRegistered;

    internal RingRegistrations(MappedRing ring, RingAbilities abilities, SafeFileHandle file)
    {
        this.ring = ring;
        this.abilities = abilities;
        this.file = file;
        buffers = new RingBuffers(ring.Handle);
        var isHeld = false;
        file.DangerousAddRef(ref isHeld);
        var descriptor = (int)file.DangerousGetHandle();
        isFileRegistered = RingNative.Register(ring.Handle, RingNative.RegisterFiles, &descriptor, 1) == 0;
    }

    /// <summary>Registers what came to the memory since the last time.</summary>
    internal void Follow(PoolMemory memory) => buffers.Follow(memory);

    internal void Fill(ref SubmissionEntry entry, RingOperation operation)
    {
        operation.Fill(ref entry, buffers, abilities);
        (entry.File, entry.Flags) =
            isFileRegistered ? (0, SubmissionEntry.RegisteredFile) : ((int)file.DangerousGetHandle(), (byte)0);
    }

    /// <summary>By name: the kernel lets go at once, where closing the ring would do it some time later, and the
    /// file's lock would still be held.</summary>
    public void Dispose()
    {
        buffers.Unregister();
        if (isFileRegistered)
        {
            _ = RingNative.Register(ring.Handle, RingNative.UnregisterFiles, null, 0);
        }

        file.DangerousRelease();
    }
}
