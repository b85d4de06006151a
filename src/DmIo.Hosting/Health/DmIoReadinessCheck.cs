using DmIo.Actors.Client;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DmIo.Hosting.Health;

/// <summary>Healthy if every device is in service and no operation in flight is old: see
/// <see cref="DeviceHealth"/>.</summary>
internal sealed class DmIoReadinessCheck : DmIoServiceCheck
{
    protected override async Task<HealthCheckResult> CheckAsync(
        DmIoService service, HealthStatus failure, CancellationToken cancellationToken)
    {
        var devices = await service.GetDevicesAsync(cancellationToken).ConfigureAwait(false);
        var statistics = await service.GetStatisticsAsync(cancellationToken).ConfigureAwait(false);
        var health = new DeviceHealth(service.Settings);
        foreach (var device in devices)
        {
            var seconds = statistics.Devices.FirstOrDefault(counted => counted.Name == device.Name)
                ?.OldestInFlightSeconds;
            health.Add(device.Name, device.State, seconds is { } age ? TimeSpan.FromSeconds(age) : null);
        }

        foreach (var missing in service.MissingDevices.Where(
            missing => devices.All(device => device.Name != missing.Name)))
        {
            health.Add(missing);
        }

        return health.ToResult(failure);
    }
}
