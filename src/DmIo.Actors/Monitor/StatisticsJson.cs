using System.Text.Json;
using System.Text.Json.Serialization;
using DmIo.Devices;

namespace DmIo.Actors;

/// <summary><see cref="ServiceStatistics"/> as JSON: names in camel case, without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    Converters = [typeof(EnumName<ServiceMode>), typeof(EnumName<SchedulingPolicy>)])]
[JsonSerializable(typeof(ServiceStatistics))]
internal sealed partial class StatisticsJson : JsonSerializerContext
{
    private sealed class EnumName<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase)
        where T : struct, Enum;
}
