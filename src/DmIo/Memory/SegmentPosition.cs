namespace DmIo.Memory;

/// <summary>A byte of an <see cref="IoMemory"/>, by segment.</summary>
/// <param name="Index">Which segment; <see cref="IoMemory.SegmentCount"/> for the place behind the last byte.</param>
/// <param name="OffsetBytes">Which byte of the segment.</param>
public readonly record struct SegmentPosition(int Index, int OffsetBytes);
