// A test class that is marked so tells without a sender, unless it names one.

namespace Akka.TestKit;

/// <summary>What the test tells comes from nobody, instead of from its test actor.</summary>
public interface INoImplicitSender;
