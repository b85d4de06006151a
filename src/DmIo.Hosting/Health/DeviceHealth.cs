using System.Globalization;
using DmIo.Actors.Client;
using DmIo.Actors.Configuration;
using DmIo.Actors.Protocol;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DmIo.Hosting.Health;

/// <summary>
/// Evaluates the health of a service's devices, worst first: failed or stuck devices are unhealthy, slow or missing
/// ones degraded. Independent of actors.
/// </summary>
/// <param name="settings">The service's settings, with the ages of slow and of unhealthy devices.</param>
internal sealed class DeviceHealth(DmIoSettings settings)
{
    private readonly Dictionary<string, object> data = new(StringComparer.Ordinal);
    private readonly List<string> degraded = [];
    private readonly List<string> unhealthy = [];

    /// <summary>Adds an attached device.</summary>
    /// <param name="name">The name that regions use.</param>
    /// <param name="state">Its state.</param>
    /// <param name="oldest">The age of its oldest operation in flight; null: none is in flight.</param>
    internal void Add(string name, DeviceState state, TimeSpan? oldest)
    {
        var own = settings.Devices.FirstOrDefault(device => device.Name == name);
        var age = oldest ?? TimeSpan.Zero;
        var seconds = age.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
        data[name] = $"{state.ToString().ToLowerInvariant()}, oldest operation {seconds} s";
        if (state == DeviceState.Failed)
        {
            unhealthy.Add($"'{name}' has failed");
        }
        else if (age > (own?.UnhealthyAfter ?? settings.UnhealthyAfter))
        {
            unhealthy.Add($"'{name}' has an operation in flight for {seconds} s");
        }
        else if (age > settings.SlowAfterOf(name))
        {
            degraded.Add($"'{name}' has an operation in flight for {seconds} s");
        }
    }

    /// <summary>Adds a device that was missing at the start of the service.</summary>
    internal void Add(MissingDevice missing)
    {
        data[missing.Name] = $"missing: {missing.Reason}";
        degraded.Add($"'{missing.Name}' is missing");
    }

    /// <param name="failure">The status of an unhealthy service.</param>
    internal HealthCheckResult ToResult(HealthStatus failure)
    {
        var status = unhealthy.Count > 0 ? failure : degraded.Count > 0 ? HealthStatus.Degraded : HealthStatus.Healthy;
        var faults = string.Join("; ", unhealthy.Concat(degraded));
        return new HealthCheckResult(
            status, faults.Length == 0 ? $"{data.Count} devices are in service." : faults, data: data);
    }
}
