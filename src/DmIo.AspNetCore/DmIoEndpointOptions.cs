namespace DmIo.AspNetCore;

/// <summary>What <see cref="DmIoEndpoints.MapDmIo"/> maps.</summary>
public sealed class DmIoEndpointOptions
{
    /// <summary>Maps the operations on open volumes also; false: nothing can be changed. Whoever may send requests to
    /// them may change volumes, and open any file and address as the user of the process. Map them only on a unix
    /// socket of that user, or with <c>RequireAuthorization</c>.</summary>
    public bool AllowOperations { get; set; }
}
