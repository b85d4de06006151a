namespace DmIo.Nbd.Protocol;

/// <summary>What base:allocation says of a range.</summary>
[Flags]
internal enum AllocationState : uint
{
    Data = 0,
    Hole = 1,
    Zero = 2,
}
