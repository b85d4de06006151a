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
    {
        this.memory = MemoryMarshal.AsMemory(memory);
        IsReadOnly = true;
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
}
