using Akka.Hosting;
using DmIo.Actors.Client;
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
