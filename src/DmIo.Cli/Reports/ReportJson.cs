using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using DmIo.Volumes.Dump;

namespace DmIo.Cli.Reports;

/// <summary>Serializes each report as one JSON object on one line, without reflection. A new report needs an attribute
/// and a method here.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(RunReport))]
[JsonSerializable(typeof(ChunkReport))]
[JsonSerializable(typeof(DevicesReport))]
[JsonSerializable(typeof(BenchReport))]
[JsonSerializable(typeof(ServeReport))]
[JsonSerializable(typeof(TopSnapshot))]
[JsonSerializable(typeof(FaultReport))]
[JsonSerializable(typeof(VolumeReport))]
[JsonSerializable(typeof(VolumeListReport))]
[JsonSerializable(typeof(DestroyedReport))]
[JsonSerializable(typeof(VolumeVerifyReport))]
[JsonSerializable(typeof(ForcedReport))]
[JsonSerializable(typeof(LegDump))]
internal sealed partial class ReportJson : JsonSerializerContext
{
    /// <summary>Does not escape for HTML, so that paths and messages stay readable.</summary>
    internal static ReportJson Plain { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    internal static string Write(RunReport report) => JsonSerializer.Serialize(report, Plain.RunReport);

    internal static string Write(ChunkReport report) => JsonSerializer.Serialize(report, Plain.ChunkReport);

    internal static string Write(DevicesReport report) => JsonSerializer.Serialize(report, Plain.DevicesReport);

    internal static string Write(BenchReport report) => JsonSerializer.Serialize(report, Plain.BenchReport);

    internal static string Write(ServeReport report) => JsonSerializer.Serialize(report, Plain.ServeReport);

    internal static string Write(FaultReport report) => JsonSerializer.Serialize(report, Plain.FaultReport);

    internal static string Write(VolumeReport report) => JsonSerializer.Serialize(report, Plain.VolumeReport);

    internal static string Write(VolumeListReport report) => JsonSerializer.Serialize(report, Plain.VolumeListReport);

    internal static string Write(DestroyedReport report) => JsonSerializer.Serialize(report, Plain.DestroyedReport);

    internal static string Write(VolumeVerifyReport report) =>
        JsonSerializer.Serialize(report, Plain.VolumeVerifyReport);

    internal static string Write(ForcedReport report) => JsonSerializer.Serialize(report, Plain.ForcedReport);

    internal static string Write(LegDump dump) => JsonSerializer.Serialize(dump, Plain.LegDump);

    internal static string Write(TopSnapshot snapshot) => JsonSerializer.Serialize(snapshot, Plain.TopSnapshot);
}
