namespace DmIo.TestKit.Oracle;

/// <summary>What the memory of a request is made of.</summary>
public enum MemoryKind
{
    /// <summary>One piece, as it is.</summary>
    Plain,

    /// <summary>A <see cref="Memory.PageList"/> whose data may begin inside the first page.</summary>
    PageList,

    /// <summary>A <see cref="Memory.BioVector"/> of pieces of all lengths.</summary>
    BioVector,

    /// <summary>A <see cref="Memory.VirtualBuffer"/>.</summary>
    VirtualBuffer,

    /// <summary>A <see cref="Memory.VirtualBuffer"/> of native memory.</summary>
    Native,

    /// <summary>A slice of a <see cref="Memory.BioVector"/>, from somewhere in its first piece to somewhere in its
    /// last.</summary>
    Slice,
}
