using System.Text.Json;
using DmIo.Actors.Client;
using DmIo.AspNetCore.Documents;
using DmIo.Hosting.Health;
using DmIo.Volumes.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DmIo.AspNetCore.Endpoints;

/// <summary>The endpoints that change nothing.</summary>
internal static class StatusEndpoints
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);

    internal static void Map(RouteGroupBuilder group)
    {
        group.MapGet("/statistics", Requests.For(WriteStatisticsAsync));
        group.MapGet("/leases", Requests.For((context, service, _) => Requests.WriteAsync(
            context, service.ReadStatistics().Leases, EndpointJson.Default.IReadOnlyListLeaseStatistics)));
        group.MapGet("/devices", Requests.For(WriteDevicesAsync));
        group.MapGet("/health", Requests.For(WriteHealthAsync));
        group.MapGet("/volumes", Requests.For(WriteVolumesAsync));
        group.MapGet("/volumes/{volume}", Requests.For(async (context, service, end) => await Requests.WriteAsync(
            context,
            await VolumeDocument.OfAsync(VolumeOf(context, service), end),
            EndpointJson.Default.VolumeDocument)));
    }

    /// <summary>The open volume that the path names.</summary>
    /// <exception cref="RequestException">There is none.</exception>
    internal static Volume VolumeOf(HttpContext context, DmIoService service)
    {
        // The server leaves an encoded slash encoded, since it would separate segments.
        var name = ((string)context.Request.RouteValues["volume"]!)
            .Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        return service.GetVolumes().FirstOrDefault(volume => volume.Name == name)
            ?? throw new RequestException(
                StatusCodes.Status404NotFound, $"No volume named '{name}' is open in this service.");
    }

    private static async Task WriteStatisticsAsync(HttpContext context, DmIoService service, CancellationToken end)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        await using (var writer = new Utf8JsonWriter(context.Response.BodyWriter))
        {
            service.ReadStatistics().WriteTo(writer);
        }

        await context.Response.BodyWriter.FlushAsync(end);
    }

    private static async Task WriteDevicesAsync(HttpContext context, DmIoService service, CancellationToken end)
    {
        var devices = await service.GetDevicesAsync(end);
        var document = new DevicesDocument(
            [.. devices.Select(device => new DeviceDocument(
                device.Name,
                device.State.ToString(),
                device.Description.Backend,
                device.Description.Mode.ToString(),
                device.Description.Capacity,
                device.Description.BlockSize,
                device.Description.IsReadOnly))],
            [.. service.MissingDevices.Select(device => new MissingDeviceDocument(device.Name, device.Reason))]);
        await Requests.WriteAsync(context, document, EndpointJson.Default.DevicesDocument);
    }

    private static async Task WriteVolumesAsync(HttpContext context, DmIoService service, CancellationToken end)
    {
        var volumes = await Task.WhenAll(
            service.GetVolumes().Select(volume => VolumeDocument.OfAsync(volume, end)));
        await Requests.WriteAsync(context, new VolumesDocument(volumes), EndpointJson.Default.VolumesDocument);
    }

    private static async Task WriteHealthAsync(HttpContext context, DmIoService service, CancellationToken end)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(end);
        limit.CancelAfter(AnswerTimeout);
        try
        {
            var devices = await DmIoReadinessCheck.ReadAsync(service, HealthStatus.Unhealthy, limit.Token);
            var volumes = await DmIoVolumesCheck.ReadAsync(service, HealthStatus.Unhealthy, limit.Token);
            var worst = devices.Status < volumes.Status ? devices.Status : volumes.Status;
            var document = new HealthDocument(worst.ToString(), new Dictionary<string, HealthCheckDocument>
            {
                ["dmio.readiness"] = DocumentOf(devices),
                ["dmio.volumes"] = DocumentOf(volumes),
            });
            await Requests.WriteAsync(
                context,
                document,
                EndpointJson.Default.HealthDocument,
                worst == HealthStatus.Unhealthy
                    ? StatusCodes.Status503ServiceUnavailable
                    : StatusCodes.Status200OK);
        }
        catch (OperationCanceledException) when (!end.IsCancellationRequested)
        {
            throw new RequestException(
                StatusCodes.Status503ServiceUnavailable,
                $"The dm-io service did not answer within {AnswerTimeout.TotalSeconds} s.");
        }
    }

    private static HealthCheckDocument DocumentOf(HealthCheckResult result) => new(
        result.Status.ToString(),
        result.Description ?? "",
        result.Data.ToDictionary(item => item.Key, item => item.Value.ToString() ?? "", StringComparer.Ordinal));
}
