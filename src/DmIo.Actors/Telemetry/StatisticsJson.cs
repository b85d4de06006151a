using System.Text.Json;
using System.Text.Json.Serialization;
using DmIo.Actors.Scheduling;
using DmIo.Devices;

namespace DmIo.Actors.Telemetry;

/// <summary><see cref="ServiceStatistics"/> as JSON: names in camel case, without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    Converters = [typeof(EnumName<ServiceMode>), typeof(EnumName<SchedulingPolicy>), typeof(FiniteNumber)])]
[JsonSerializable(typeof(ServiceStatistics))]
internal sealed partial class StatisticsJson : JsonSerializerContext
{
    private sealed class EnumName<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase)
        where T : struct, Enum;

    /// <summary>Refuses numbers that a <see cref="double"/> can hold only as infinity, such as 1e999: no statistic is
    /// infinite, and JSON cannot express infinity.</summary>
    private sealed class FiniteNumber : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.GetDouble() is var value && double.IsFinite(value)
                ? value
                : throw new JsonException("A number is larger than a double can be.");

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options) =>
            writer.WriteNumberValue(value);
    }
}
