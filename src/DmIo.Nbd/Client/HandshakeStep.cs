namespace DmIo.Nbd.Client;

/// <summary>What is to be done next in a <see cref="ClientHandshake"/>.</summary>
internal enum HandshakeStep
{
    /// <summary>Send what it has, and receive what it wants.</summary>
    More,

    /// <summary>Change to TLS, and tell it.</summary>
    StartTls,

    /// <summary>It is over, and the connection is for requests from now on.</summary>
    Done,

    /// <summary>It is over: send what it has as a farewell, and close.</summary>
    Failed,
}
