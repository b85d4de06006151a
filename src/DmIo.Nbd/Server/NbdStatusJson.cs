using System.Text.Json.Serialization;

namespace DmIo.Nbd.Server;

/// <summary><see cref="NbdServerStatus"/> as JSON: names in camel case, without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(NbdServerStatus))]
internal sealed partial class NbdStatusJson : JsonSerializerContext;
