using DmIo.Io;

namespace DmIo.Volumes;

/// <summary>What the comparison of the legs of a volume has shown.</summary>
/// <param name="Compared">What was compared.</param>
/// <param name="Skipped">What was not compared: it may differ already or was missed by a leg, and is being copied; a
/// leg could not read it; or fewer than two legs are in sync.</param>
/// <param name="Differences">Where legs differ, in ascending order.</param>
/// <param name="Next">The offset at which a later comparison continues; null: this one reached the end.</param>
public sealed record VerifyResult(
    ByteSize Compared, ByteSize Skipped, IReadOnlyList<VerifyDifference> Differences, ByteSize? Next);

/// <summary>A range in which legs differ.</summary>
/// <param name="Offset">Its first byte.</param>
/// <param name="Length">Its length: a multiple of 64 KiB, except at the end of the volume.</param>
/// <param name="Legs">The devices of the legs that differ from most legs; without a majority, of all legs that were
/// compared.</param>
/// <param name="IsResynchronized">The legs left the in-sync set, and the range is copied to them before they return.
/// False: no content is that of most legs, so nothing was changed.</param>
public sealed record VerifyDifference(
    ByteSize Offset, ByteSize Length, IReadOnlyList<string> Legs, bool IsResynchronized);

/// <summary>How far the comparison of the legs of a volume has come.</summary>
/// <param name="Next">The offset up to which legs were compared.</param>
/// <param name="Size">The size of the volume.</param>
/// <param name="Compared">What was compared.</param>
/// <param name="Skipped">What could not be compared.</param>
/// <param name="Differing">What differs.</param>
public sealed record VerifyProgress(
    ByteSize Next, ByteSize Size, ByteSize Compared, ByteSize Skipped, ByteSize Differing);
