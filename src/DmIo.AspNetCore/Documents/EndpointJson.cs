using System.Text.Json.Serialization;
using DmIo.Actors.Telemetry;

namespace DmIo.AspNetCore.Documents;

/// <summary>The documents of the endpoint as JSON: names in camel case, without reflection. An unknown member
/// is an error in a request, and ignored in an answer.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(DevicesDocument))]
[JsonSerializable(typeof(HealthDocument))]
[JsonSerializable(typeof(VolumesDocument))]
[JsonSerializable(typeof(VolumeDocument))]
[JsonSerializable(typeof(OperationLine))]
[JsonSerializable(typeof(EmptyRequest))]
[JsonSerializable(typeof(VerifyRequest))]
[JsonSerializable(typeof(AddMemberRequest))]
[JsonSerializable(typeof(ReplaceLegRequest))]
[JsonSerializable(typeof(RemoveMemberRequest))]
[JsonSerializable(typeof(GrowRequest))]
[JsonSerializable(typeof(IReadOnlyList<LeaseStatistics>))]
public sealed partial class EndpointJson : JsonSerializerContext;
