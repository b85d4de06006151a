using System.Globalization;
using Akka.Hosting;
using DmIo.Actors.Client;
using DmIo.Actors.Configuration;
using DmIo.Actors.Protocol;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DmIo.Hosting.Health;

/// <summary>A health check of the service of an actor system. It fails if the service has not started, has stopped, or
/// does not answer within <see cref="AnswerTimeout"/>; the check does not start the service.</summary>
internal abstract class DmIoServiceCheck : IAkkaHealthCheck
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);

    public async Task<HealthCheckResult> CheckHealthAsync(
        AkkaHealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var failure = context.Registration.FailureStatus;
        if (!context.ActorSystem.TryGetExtension<DmIoService>(out var service))
        {
            return new HealthCheckResult(failure, "The dm-io service has not started; WithDmIo starts it.");
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(AnswerTimeout);
        try
        {
            return await CheckAsync(service, failure, limit.Token).ConfigureAwait(false);
        }
        catch (IoRefusedException stopped)
        {
            return new HealthCheckResult(failure, stopped.Message, stopped);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new HealthCheckResult(
                failure, $"The dm-io service did not answer within {AnswerTimeout.TotalSeconds} s.");
        }
    }

    /// <param name="service">The running service.</param>
    /// <param name="failure">The status of an unhealthy service.</param>
    /// <param name="cancellationToken">Ends the wait for the service's answers.</param>
    protected abstract Task<HealthCheckResult> CheckAsync(
        DmIoService service, HealthStatus failure, CancellationToken cancellationToken);
}

/// <summary>Healthy if the supervisor answers.</summary>
internal sealed class DmIoLivenessCheck : DmIoServiceCheck
{
    protected override async Task<HealthCheckResult> CheckAsync(
        DmIoService service, HealthStatus failure, CancellationToken cancellationToken)
    {
        var pool = await service.GetPoolStatusAsync(cancellationToken).ConfigureAwait(false);
        return HealthCheckResult.Healthy($"The dm-io service answers; {pool.Leases} leases are open.");
    }
}

/// <summary>Healthy if every device is in service and no operation in flight is old: see
/// <see cref="DeviceHealth"/>.</summary>
internal sealed class DmIoReadinessCheck : DmIoServiceCheck
{
    protected override Task<HealthCheckResult> CheckAsync(
        DmIoService service, HealthStatus failure, CancellationToken cancellationToken) =>
        ReadAsync(service, failure, cancellationToken);

    internal static async Task<HealthCheckResult> ReadAsync(
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
