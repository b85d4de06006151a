using DmIo.Actors.Client;
using DmIo.Volumes;
using DmIo.Volumes.Client;
using DmIo.Volumes.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DmIo.Hosting.Health;

/// <summary>Healthy if every volume serves with all of its legs; degraded while one serves without a leg; otherwise
/// unhealthy.</summary>
internal sealed class DmIoVolumesCheck : DmIoServiceCheck
{
    protected override Task<HealthCheckResult> CheckAsync(
        DmIoService service, HealthStatus failure, CancellationToken cancellationToken) =>
        ReadAsync(service, failure, cancellationToken);

    internal static async Task<HealthCheckResult> ReadAsync(
        DmIoService service, HealthStatus failure, CancellationToken cancellationToken)
    {
        var (data, faults, worst) = (new Dictionary<string, object>(), new List<string>(), HealthStatus.Healthy);
        foreach (var volume in service.GetVolumes())
        {
            var status = await volume.GetStatusAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            Add(volume.Name, HealthOf(status.State), status.ToString());
        }

        foreach (var configured in VolumeSettings.ReadAll(service.System.Settings.Config)
            .Where(configured => !data.ContainsKey(configured.Name)))
        {
            Add(configured.Name, HealthStatus.Unhealthy, $"Volume '{configured.Name}' is not open.");
        }

        return new HealthCheckResult(
            worst == HealthStatus.Unhealthy ? failure : worst,
            faults.Count == 0 ? $"{data.Count} volumes are healthy." : string.Join("; ", faults),
            data: data);

        void Add(string name, HealthStatus health, string text)
        {
            data[name] = text;
            worst = health < worst ? health : worst;
            if (health != HealthStatus.Healthy)
            {
                faults.Add(text);
            }
        }
    }

    internal static HealthStatus HealthOf(VolumeState state) => state switch
    {
        VolumeState.Healthy or VolumeState.Recovering => HealthStatus.Healthy,
        VolumeState.Degraded => HealthStatus.Degraded,
        _ => HealthStatus.Unhealthy,
    };
}
