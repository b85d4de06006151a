using System.Buffers;

namespace DmIo.Memory;

/// <summary>
/// A part of a <see cref="NativeBlock"/> as <see cref="Memory{T}"/>. Every such memory holds the block, so the block
/// outlives them all; a pin holds it even against a Dispose. A span alone holds nothing: keep the memory while a span
/// of it is used.
/// </summary>
internal sealed unsafe class NativeWindow : MemoryManager<byte>
{
    private readonly NativeBlock block;
    private readonly byte* address;
    private readonly int lengthBytes;

    /// <summary><paramref name="lengthBytes"/> bytes of the block, from <paramref name="offsetBytes"/> on.</summary>
    public NativeWindow(NativeBlock block, long offsetBytes, int lengthBytes)
    {
        Invariant.Require(offsetBytes >= 0 && lengthBytes >= 0 && offsetBytes <= block.LengthBytes - lengthBytes);
        this.block = block;
        this.lengthBytes = lengthBytes;
        address = block.Address + offsetBytes;
    }

    /// <summary>The bytes. Of a block that was disposed, an <see cref="ObjectDisposedException"/> instead.</summary>
    public override Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(block.IsClosed, typeof(NativeBlock));
        return new Span<byte>(address, lengthBytes);
    }

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(elementIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(elementIndex, lengthBytes);
        var held = false;
        block.DangerousAddRef(ref held);
        return new MemoryHandle(address + elementIndex, pinnable: this);
    }

    /// <inheritdoc/>
    public override void Unpin() => block.DangerousRelease();

    // The block is its owner's; a window frees nothing.
    protected override void Dispose(bool disposing)
    {
    }
}
