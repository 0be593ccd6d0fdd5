"""moto's server with one function, which it answers for without running it: moto-server.py PORT."""

import io
import sys
import zipfile

from moto.core.config import default_user_config
from moto.server import ThreadedMotoServer

default_user_config["lambda"] = {"use_docker": False}
port = int(sys.argv[1])
server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
server.start()

import boto3  # noqa: E402: the server is up by now

settings = {
    "endpoint_url": f"http://127.0.0.1:{port}",
    "region_name": "us-east-1",
    "aws_access_key_id": "test",
    "aws_secret_access_key": "test",
}
role = boto3.client("iam", **settings).create_role(RoleName="bench", AssumeRolePolicyDocument="{}", Path="/")["Role"]["Arn"]
package = io.BytesIO()
with zipfile.ZipFile(package, "w") as archive:
    archive.writestr("index.js", "exports.handler = async (event) => event;")
boto3.client("lambda", **settings).create_function(
    FunctionName="echo", Runtime="nodejs20.x", Role=role, Handler="index.handler", Code={"ZipFile": package.getvalue()}
)
server._thread.join()
