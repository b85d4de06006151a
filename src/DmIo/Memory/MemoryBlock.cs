using System.Runtime.InteropServices;

namespace DmIo.Memory;

/// <summary>Any managed or native <see cref="Memory{T}"/> as the memory of a request: one segment.</summary>
public sealed class MemoryBlock : IoMemory
{
    private readonly Memory<byte> memory;

    /// <summary>Memory to write from or to read into.</summary>
    public MemoryBlock(Memory<byte> memory) => this.memory = memory;

    /// <summary>Memory to write from; a read into it is refused.</summary>
    public MemoryBlock(ReadOnlyMemory<byte> memory)
        : this(MemoryMarshal.AsMemory(memory), isReadOnly: true)
    {
    }

    private MemoryBlock(Memory<byte> memory, bool isReadOnly)
    {
        this.memory = memory;
        IsReadOnly = isReadOnly;
    }

    /// <inheritdoc/>
    public override long LengthBytes => memory.Length;

    /// <inheritdoc/>
    public override bool IsReadOnly { get; }

    /// <inheritdoc/>
    public override int SegmentCount => 1;

    /// <inheritdoc/>
    public override Memory<byte> GetSegment(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(index, 0);
        return memory;
    }

    /// <inheritdoc/>
    public override MemoryBlock Slice(long offsetBytes, long lengthBytes)
    {
        RequireRange(offsetBytes, lengthBytes);
        return new MemoryBlock(memory.Slice((int)offsetBytes, (int)lengthBytes), IsReadOnly);
    }
}
