using Akka.Hosting;
using DmIo.Actors;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DmIo.Hosting;

/// <summary>The supervisor answers.</summary>
internal sealed class DmIoLivenessCheck : IAkkaHealthCheck
{
    /// <summary>An actor that does not answer within this time is taken for dead.</summary>
    internal static TimeSpan Patience { get; } = TimeSpan.FromSeconds(5);

    public async Task<HealthCheckResult> CheckHealthAsync(
        AkkaHealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            var pool = await DmIoService.For(context.ActorSystem).GetPoolStatusAsync(limit.Token).ConfigureAwait(false);
            return HealthCheckResult.Healthy($"The dm-io service answers; {pool.Leases} leases are open.");
        }
        catch (IoRefusedException stopped)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, stopped.Message, stopped);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new HealthCheckResult(
                context.Registration.FailureStatus,
                $"The dm-io service did not answer within {Patience.TotalSeconds} s.");
        }
    }
}
