// The common way to answer "done" or "failed because"; Ask turns a Failure into the task's exception.
namespace Akka.Actor
{
    /// <summary>Success or failure as a message.</summary>
    public abstract class Status
    {
        private Status()
        {
        }

        public sealed class Success(object? status) : Status
        {
            public static readonly Success Instance = new(null);

            public readonly object Status = status!;

            public override string ToString() => Status is null ? "Success" : $"Success: {Status}";
        }

        public sealed class Failure(Exception cause, object? state = null) : Status
        {
            public readonly Exception Cause = cause;

            /// <summary>What the one who failed wants to say besides the cause; may be null.</summary>
            public readonly object State = state!;

            public override string ToString() => State is null ? $"Failure: {Cause}" : $"Failure[{State}]: {Cause}";
        }
    }
}

namespace Akka
{
    /// <summary>Something was completed that has no value to give.</summary>
    public sealed class Done
    {
        private Done()
        {
        }

        public static Done Instance { get; } = new();
    }
}
