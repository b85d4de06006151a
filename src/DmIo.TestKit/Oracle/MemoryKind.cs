namespace DmIo.TestKit.Oracle;

/// <summary>The type of a request's memory.</summary>
public enum MemoryKind
{
    /// <summary>One contiguous segment.</summary>
    Plain,

    /// <summary>A <see cref="Memory.PageList"/> whose data may begin inside the first page.</summary>
    PageList,

    /// <summary>A <see cref="Memory.BioVector"/> of segments of any length.</summary>
    BioVector,

    /// <summary>A <see cref="Memory.VirtualBuffer"/>.</summary>
    VirtualBuffer,

    /// <summary>A <see cref="Memory.VirtualBuffer"/> of native memory.</summary>
    Native,

    /// <summary>A slice of a <see cref="Memory.BioVector"/>, from within its first segment to within its
    /// last.</summary>
    Slice,
}
