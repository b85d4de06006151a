using Akka.Hosting;
using DmIo.Actors;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DmIo.Hosting;

/// <summary>Every device serves, and its oldest operation in flight is young: see <see cref="DeviceHealth"/>.</summary>
internal sealed class DmIoReadinessCheck : IAkkaHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(
        AkkaHealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(DmIoLivenessCheck.Patience);
        try
        {
            var service = DmIoService.For(context.ActorSystem);
            var devices = await service.GetDevicesAsync(limit.Token).ConfigureAwait(false);
            var statistics = await service.GetStatisticsAsync(limit.Token).ConfigureAwait(false);
            var health = new DeviceHealth(DmIoSettings.Read(context.ActorSystem.Settings.Config));
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

            return health.ToResult(context.Registration.FailureStatus);
        }
        catch (IoRefusedException stopped)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, stopped.Message, stopped);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new HealthCheckResult(
                context.Registration.FailureStatus,
                $"The dm-io service did not answer within {DmIoLivenessCheck.Patience.TotalSeconds} s.");
        }
    }
}
