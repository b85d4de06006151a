namespace DmIo.Cli.Tests.Support;

/// <summary>Test data.</summary>
internal static class Bytes
{
    public static byte[] Random(int lengthBytes, int seed)
    {
        var bytes = new byte[lengthBytes];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
