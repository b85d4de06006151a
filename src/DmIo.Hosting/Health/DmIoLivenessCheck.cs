using DmIo.Actors.Client;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DmIo.Hosting.Health;

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
