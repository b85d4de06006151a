// The root of the exceptions that the runtime throws on its own account, as in Akka.NET.

namespace Akka.Actor;

/// <summary>Base class of the exceptions that the actor runtime itself throws.</summary>
public abstract class AkkaException : Exception
{
    protected AkkaException()
    {
    }

    protected AkkaException(string? message, Exception? cause = null)
        : base(message, cause)
    {
    }

    /// <summary>What brought this exception about; null when nothing did.</summary>
    protected Exception? Cause => InnerException;
}
