using DmIo.Nbd.Protocol;

namespace DmIo.Nbd.Server.Requests;

/// <summary>A stretch of an export that is all alike.</summary>
internal readonly record struct BlockStatusExtent(uint LengthBytes, AllocationState State);
