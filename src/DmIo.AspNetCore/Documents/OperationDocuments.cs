using System.Text.Json.Serialization;

namespace DmIo.AspNetCore.Documents;

/// <summary>The body of <c>verify</c>.</summary>
/// <param name="Start">The byte offset at which the comparison begins; rounded down to 64 KiB.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record VerifyRequest(long Start = 0);

/// <summary>The body of <c>resync</c> and <c>stop</c>: <c>{}</c>.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record EmptyRequest;

/// <summary>The body of <c>add-leg</c> and <c>add-witness</c>.</summary>
/// <param name="Device">The name of an attached device, a URI such as <c>nbd://host/name</c>, or the absolute path of a
/// file or block device. A URI or path is opened by the service, and attached under this name. A leg with external
/// metadata is two devices, <c>DATA;metadata=META</c>.</param>
/// <param name="Force">What the device holds may be lost.</param>
/// <param name="CreateBytes">A missing file is created with this size; null: it is an error. A missing file for
/// external metadata is created in any case.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record AddMemberRequest(string Device, bool Force = false, long? CreateBytes = null);

/// <summary>The body of <c>replace-leg</c>.</summary>
/// <param name="Member">The leg that is replaced: the name of its device, or its number.</param>
/// <param name="Device">The new device, as in <see cref="AddMemberRequest"/>.</param>
/// <param name="Force">What the device holds may be lost.</param>
/// <param name="CreateBytes">As in <see cref="AddMemberRequest"/>.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ReplaceLegRequest(string Member, string Device, bool Force = false, long? CreateBytes = null);

/// <summary>The body of <c>remove-leg</c>.</summary>
/// <param name="Member">The leg or witness: the name of its device, or its number.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record RemoveMemberRequest(string Member);

/// <summary>The body of <c>grow</c>.</summary>
/// <param name="Bytes">In JSON <c>sizeBytes</c>: the new size of the volume, a multiple of 512; null: what fits on the
/// smallest leg.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record GrowRequest([property: JsonPropertyName("sizeBytes")] long? Bytes = null);

/// <summary>One line of the answer to an operation, which is a stream of JSON objects, one on each line. Exactly one
/// property is set. The last line has a <see cref="Volume"/>, a <see cref="Verify"/> or a
/// <see cref="Problem"/>.</summary>
public sealed record OperationLine
{
    /// <summary>How far the operation has come.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public OperationProgress? Progress { get; init; }

    /// <summary>The operation has ended; the volume after it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public VolumeDocument? Volume { get; init; }

    /// <summary>A comparison has ended.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public VerifyDocument? Verify { get; init; }

    /// <summary>The operation has failed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Problem { get; init; }
}

/// <summary>How far an operation has come.</summary>
/// <param name="DoneBytes">What was copied, compared or zeroed: of a comparison from offset 0, of a growth in the new
/// area.</param>
/// <param name="TotalBytes">What is to be copied, compared or zeroed; of a growth without a size, the same as
/// <paramref name="DoneBytes"/>.</param>
public sealed record OperationProgress(long DoneBytes, long TotalBytes);
