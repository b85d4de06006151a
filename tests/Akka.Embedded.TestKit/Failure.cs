// How the kit fails a test: with the exception that xunit reports as a failed assertion.

using Xunit.Sdk;

namespace Akka.TestKit;

internal static class Failure
{
    internal static Exception Of(string message) => FailException.ForFailure(message);
}
