using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DmIo.Nbd.Transport;

/// <summary>Linux's sendmsg and recvmsg for a .NET socket, whose own methods accept only lists of arrays, not pages.
/// The calls never block: the result is negative if the socket would. Waiting is left to the socket, which keeps its
/// readiness state consistent. Linux only.</summary>
internal static unsafe partial class SocketVectors
{
    /// <summary>Segments per call, far below the system's limit of 1024.</summary>
    private const int MaxSegments = 64;

    /// <summary>Up to this number, the call allocates nothing.</summary>
    private const int FewSegments = 4;

    private const int DontWait = 0x40;
    private const int NoSignal = 0x4000;
    private const int TryAgain = 11;
    private const int OutputQueue = 0x5411;
    private const int Interrupted = 4;

    internal static bool IsSupported { get; } = OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    /// <summary>Sends from part <paramref name="first"/>, without its first <paramref name="skip"/> bytes.</summary>
    /// <returns>The number of bytes sent; negative: the socket's buffer is full.</returns>
    internal static int TrySend(Socket socket, IReadOnlyList<ReadOnlyMemory<byte>> parts, int first, int skip)
    {
        Span<MemoryHandle> pins = new MemoryHandle[Math.Min(parts.Count - first, MaxSegments)];
        var vectors = stackalloc Vector[pins.Length];
        for (var i = 0; i < pins.Length; i++)
        {
            var part = parts[first + i][(i == 0 ? skip : 0)..];
            pins[i] = part.Pin();
            vectors[i] = new Vector { Base = pins[i].Pointer, Length = (nuint)part.Length };
        }

        return Call(socket, vectors, pins, isSend: true);
    }

    /// <summary>Receives into the first destinations, at most 64, in order.</summary>
    /// <returns>The number of bytes received; 0: the peer has closed the connection; negative: no data is
    /// available.</returns>
    internal static int TryReceive(Socket socket, ReadOnlySpan<Memory<byte>> destinations)
    {
        var few = default(InlinePins);
        Span<MemoryHandle> pins = destinations.Length <= FewSegments
            ? ((Span<MemoryHandle>)few)[..destinations.Length]
            : new MemoryHandle[Math.Min(destinations.Length, MaxSegments)];
        var vectors = stackalloc Vector[pins.Length];
        for (var i = 0; i < pins.Length; i++)
        {
            pins[i] = destinations[i].Pin();
            vectors[i] = new Vector { Base = pins[i].Pointer, Length = (nuint)destinations[i].Length };
        }

        return Call(socket, vectors, pins, isSend: false);
    }

    /// <summary>The approximate number of sent bytes that the peer has not acknowledged; 0: unknown.</summary>
    internal static int QueuedBytes(Socket socket)
    {
        if (!IsSupported)
        {
            return 0;
        }

        var held = false;
        try
        {
            socket.SafeHandle.DangerousAddRef(ref held);
            var bytes = 0;
            return Control((int)socket.SafeHandle.DangerousGetHandle(), OutputQueue, &bytes) == 0 ? bytes : 0;
        }
        catch (ObjectDisposedException)
        {
            return 0;
        }
        finally
        {
            if (held)
            {
                socket.SafeHandle.DangerousRelease();
            }
        }
    }

    private static int Call(Socket socket, Vector* vectors, Span<MemoryHandle> pins, bool isSend)
    {
        var held = false;
        try
        {
            socket.SafeHandle.DangerousAddRef(ref held);
            var handle = (int)socket.SafeHandle.DangerousGetHandle();
            var message = new Message { Vectors = vectors, Count = (nuint)pins.Length };
            while (true)
            {
                var moved = isSend
                    ? SendMessage(handle, &message, DontWait | NoSignal)
                    : ReceiveMessage(handle, &message, DontWait);
                var error = moved < 0 ? Marshal.GetLastPInvokeError() : 0;
                switch (error)
                {
                    case 0:
                        return (int)moved;
                    case TryAgain:
                        return -1;
                    case Interrupted:
                        continue;
                    default:
                        throw new IOException(Marshal.GetPInvokeErrorMessage(error), error);
                }
            }
        }
        catch (ObjectDisposedException closed)
        {
            throw new IOException("The connection was closed.", closed);
        }
        finally
        {
            foreach (ref var pin in pins)
            {
                pin.Dispose();
            }

            if (held)
            {
                socket.SafeHandle.DangerousRelease();
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    private static partial nint SendMessage(int socket, Message* message, int flags);

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    private static partial nint ReceiveMessage(int socket, Message* message, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int Control(int file, nuint request, int* value);

    [InlineArray(FewSegments)]
    private struct InlinePins
    {
        private MemoryHandle first;
    }

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Vector
    {
        internal void* Base;
        internal nuint Length;
    }

    /// <summary>struct msghdr of 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Message
    {
        internal void* Name;
        internal uint NameLength;
        internal Vector* Vectors;
        internal nuint Count;
        internal void* Control;
        internal nuint ControlLength;
        internal int Flags;
    }
}
