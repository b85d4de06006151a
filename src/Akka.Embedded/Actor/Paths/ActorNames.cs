// The names that the runtime gives where the user gave none: "$a", "$b", ... The alphabet and the order
// (least significant digit first) are Akka's, so that logs of both runtimes read alike.
namespace Akka.Actor;

internal static class ActorNames
{
    private const string Digits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+~";

    internal static string Generate(string prefix, long number)
    {
        Span<char> text = stackalloc char[prefix.Length + 11];
        prefix.CopyTo(text);
        var length = prefix.Length;
        do
        {
            text[length++] = Digits[(int)(number & 63)];
            number >>= 6;
        }
        while (number != 0);

        return new string(text[..length]);
    }

    internal static void Check(string name)
    {
        if (name.Length == 0)
        {
            throw new InvalidActorNameException("Actor name must not be empty.");
        }

        if (!ActorPath.IsValidPathElement(name))
        {
            throw new InvalidActorNameException(
                $"Illegal actor name [{name}]. {ActorPath.ValidActorNameDescription}");
        }
    }
}
